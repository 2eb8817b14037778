import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Arguments } from '../../../src/cli/command';
import { confirmed } from '../../../src/cli/confirm';
import { formatOf, json, table } from '../../../src/cli/formats';
import type { Io } from '../../../src/cli/io';
import { COMMANDS, main } from '../../../src/cli/main';
import { locationText } from '../../../src/cli/problems';
import { toSarif } from '../../../src/cli/sarif';
import { VERSION } from '../../../src/cli/version';
import { defaultSettings } from '../../../src/cli/workspace';
import type { Problem } from '../../../src/model/problem';

function terminal(answers?: readonly string[]) {
  const lines: string[] = [];
  const written: string[] = [];
  const left = [...(answers ?? [])];
  const io: Io = {
    out: (text) => written.push(text),
    err: (line) => lines.push(line),
    ...(answers === undefined ? {} : { ask: () => Promise.resolve(left.shift() ?? '') }),
    colour: false,
    cwd: '/',
    environment: {},
    signal: new AbortController().signal,
  };
  return { io, lines, written };
}

const noTools = {
  workbench: () => {
    throw new Error('not needed');
  },
  renderer: () => {
    throw new Error('not needed');
  },
  validator: () => {
    throw new Error('not needed');
  },
  fetcher: () => {
    throw new Error('not needed');
  },
};

const args = (output?: string): Arguments => ({ values: { output }, positionals: [] });

describe('formats', () => {
  it('takes the first by default, and names the others when asked for an unknown one', () => {
    expect(formatOf(args(), ['text', 'json'])).toBe('text');
    expect(formatOf(args('json'), ['text', 'json'])).toBe('json');
    expect(() => formatOf(args('xml'), ['text', 'json'])).toThrow('choose text, json');
  });

  it('pads all columns but the last', () => {
    expect(
      table([
        ['A', 'B'],
        ['long', 'x'],
        ['', 'y'],
      ]),
    ).toBe('A     B\nlong  x\n      y\n');
    expect(json({ a: 1 })).toBe('{\n  "a": 1\n}\n');
  });
});

describe('confirmation', () => {
  const plain = { yes: false, typed: undefined, expected: undefined };
  const guarded = { ...plain, expected: 'prod' };

  it.each([
    ['y', true],
    ['yes', true],
    [' Y ', true],
    ['', false],
    ['no', false],
    ['yesterday', false],
  ])('takes %j for %s', async (answer, yes) => {
    expect(await confirmed(terminal([answer]).io, plain)).toBe(yes);
  });

  it('needs --yes where nobody can answer, and says so', async () => {
    const { io, lines } = terminal();
    expect(await confirmed(io, plain)).toBe(false);
    expect(lines.join()).toContain('--yes');
    expect(await confirmed(io, { ...plain, yes: true })).toBe(true);
  });

  it('wants the name of a protected cluster, for which --yes is not enough', async () => {
    expect(await confirmed(terminal().io, { ...guarded, yes: true })).toBe(false);
    expect(await confirmed(terminal(['y']).io, { ...guarded, yes: true })).toBe(false);
    expect(await confirmed(terminal(['prod']).io, guarded)).toBe(true);
    expect(await confirmed(terminal().io, { ...guarded, typed: 'prod' })).toBe(true);
    expect(await confirmed(terminal().io, { ...guarded, typed: 'staging' })).toBe(false);
  });
});

describe('findings', () => {
  const problem: Problem = {
    severity: 'warning',
    code: 'unknown-field',
    message: 'Deployment web: replcias.',
    location: { path: 'a b/web.yaml', line: 4, column: 3, endLine: 4, endColumn: 11 },
  };

  it('are one line each, as compilers write them', () => {
    expect(locationText(problem)).toBe(
      'a b/web.yaml:4:3 warning unknown-field Deployment web: replcias.',
    );
    expect(locationText({ severity: 'error', code: 'engine', message: 'Gone.' })).toBe(
      'error engine Gone.',
    );
  });

  it('are SARIF with one rule a code, and a line where the file has none', () => {
    const bare = { ...problem, location: { path: 'x.yaml' }, severity: 'info' } as const;
    const sarif = toSarif([problem, bare, { ...bare, location: undefined }], '1.2.3');
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: { name: 'plumbline', version: '1.2.3', rules: [{ id: 'unknown-field' }] },
          },
          results: [
            {
              ruleId: 'unknown-field',
              level: 'warning',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b/web.yaml' },
                    region: { startLine: 4, startColumn: 3, endLine: 4, endColumn: 11 },
                  },
                },
              ],
            },
            { level: 'note', locations: [{ physicalLocation: { region: { startLine: 1 } } }] },
            { locations: [] },
          ],
        },
      ],
    });
  });
});

describe('the command line', () => {
  it('has the version of the package', () => {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    expect((JSON.parse(text) as { version: string }).version).toBe(VERSION);
  });

  it('lists every command, and explains each with every option that it takes', async () => {
    const { io, written } = terminal();
    expect(await main(['--help'], io, noTools)).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(written.join('')).toContain(`  ${name}`);
      expect(written.join('')).toContain(summary);
    }
    for (const { name, options } of COMMANDS) {
      const one = terminal();
      expect(await main([name, '--help'], one.io, noTools)).toBe(0);
      for (const option of Object.keys(options)) {
        expect(one.written.join(''), name).toContain(`--${option}`);
      }
    }
  });

  it.each([
    [[], ''],
    [['nonsense'], 'There is no command nonsense.'],
    [['apps', '--nonsense'], "Unknown option '--nonsense'"],
    [['render'], 'Say one APP or PATH'],
    [['sync'], 'Say one APP to sync.'],
    [['reconcile', 'a', 'b'], 'Say one APP to reconcile.'],
    [['apps', '-o', 'xml'], 'There is no output format xml'],
  ])('ends %j with code 2 and a sentence', async (argv, sentence) => {
    const { io, lines } = terminal();
    expect(await main(argv, io, noTools)).toBe(2);
    expect(lines.join('\n')).toContain(sentence);
  });

  it('reads KUBECONFIG as a list, and falls back to the usual place', () => {
    expect(defaultSettings({ KUBECONFIG: '/a:/b:' }).kubeconfigs).toEqual(['/a', '/b']);
    expect(defaultSettings({}).kubeconfigs).toEqual([expect.stringMatching(/\.kube.config$/)]);
  });
});

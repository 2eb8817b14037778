import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asWritten } from '../../../src/repo/ciText';
import { type Invocation, runScript, type ShellStart } from '../../../src/repo/ciRun';

interface Walk {
  readonly lines: readonly string[];
  readonly invocations: readonly Invocation[];
}

function walk(
  script: string,
  start: Partial<ShellStart> = {},
  files: readonly string[] = [],
): Walk {
  const invocations: Invocation[] = [];
  runScript(
    script,
    { folder: '', variables: new Map(), ...start },
    {
      onCommand: (one) => invocations.push(one),
      glob: (_, pattern) =>
        files.filter((file) => file.startsWith(pattern.slice(0, pattern.indexOf('*')))),
      source: (_, name) => (name === './env.sh' ? 'FROM=sourced' : undefined),
      budget: { left: 2000 },
    },
  );
  const lines = invocations.map(({ words, folder }) =>
    asWritten(`${folder === '' ? '' : `[${folder}] `}${words.join('|')}`),
  );
  return { lines, invocations };
}

/** The words that Bash hands to a command for the same text. */
function bashWords(text: string): readonly string[] {
  const out = execFileSync('bash', ['-f', '-c', `printf '%s\\0' ${text}`], {
    encoding: 'utf8',
    env: { HOME: '/home', X: 'one two', E: '', Q: 'a"b' },
  });
  return out.split('\0').slice(0, -1);
}

function ourWords(text: string): readonly string[] {
  const variables = new Map([
    ['X', 'one two'],
    ['E', ''],
    ['Q', 'a"b'],
  ]);
  const { invocations } = walk(`printf ${text}`, { variables });
  return invocations[0]?.words.slice(1) ?? [];
}

describe('words', () => {
  it.each([
    `a b  c`,
    `'a b' "c d" e\\ f`,
    `"a'b" 'a"b' a\\"b`,
    `"$X" $X '$X' \\$X "\\$X"`,
    `"\${X}" \${X} pre\${X}post "pre\${X}post"`,
    `"$E" $E x"$E"y`,
    `\${E:-default} \${E-default} \${U:-default} "\${U:-a b}" \${U-x}`,
    `\${X:+set} \${U:+set} "\${E:+set}"x`,
    `\${X%two} \${X#one } \${X/one/three} \${X//o/0} \${X^^}`,
    `$'a\\tb' "a\\nb" 'a\\nb'`,
    `a\\\nb "c\\\nd"`,
    `{a,b}.yaml "{a,b}" x{1,2}{y,z} list='{a,b}' {single} {a,b`,
    `$Q "$Q"`,
    `--set=a=b --set "a=b c" a#b "#"`,
    `"$(echo hello)" $(echo a b) "x$(basename /a/b.yaml .yaml)"`,
    `"$(dirname a/b/c)" "$(dirname "a b/c")" \`echo x\``,
    `"" ''`,
    `a"b"'c'd`,
    `"\\\\ \\a \\\`"`,
    `"\${U:-"quoted"}"`,
  ])('%s', (text) => {
    expect(ourWords(text)).toEqual(bashWords(text));
  });

  it('are as Bash has them for any mixture of quotes and variables', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        ' ',
        '$X',
        '${X}',
        '"$X"',
        '$E',
        '"$E"',
        '\\ ',
        '\\$',
        "'",
        '=',
        '-',
      ),
      fc.constantFrom(
        `'q u'`,
        `"d q"`,
        `"\\""`,
        '.',
        '/',
        ',',
        '${U:-d}',
        '"${E:-d e}"',
        '#',
        '{',
        '}',
      ),
    );
    const text = fc
      .array(piece, { maxLength: 12 })
      .map((pieces) => pieces.join(''))
      // An open quote is an error in Bash, a comment ends the command in both.
      .filter((one) => (one.replace(/\\.|"[^"]*"|'[^']*'/g, '').match(/['"]/g) ?? []).length === 0);
    fc.assert(
      fc.property(text, (one) => {
        expect(ourWords(`x${one}`)).toEqual(bashWords(`x${one}`));
      }),
      { numRuns: 150 },
    );
  });
});

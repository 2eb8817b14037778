import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Grammars, Tokenizer } from './tokens';
import { OURS, SMALL_YAML, createTokenizer, scopesOf } from './tokens';

const EMBEDDED = 'meta.embedded.inline.gotemplate';

/** The YAML grammars of the editor itself, where the editor tests have installed it. */
function editorYaml(): Grammars | undefined {
  const cache = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'plumbline/editor',
  );
  const below = 'node_modules/code-server/lib/vscode/extensions/yaml/syntaxes';
  const folders = (existsSync(cache) ? readdirSync(cache) : []).map((name) =>
    join(cache, name, below),
  );
  const folder = folders.find(existsSync);
  if (folder === undefined) return undefined;
  const files = readdirSync(folder).map((name) => join(folder, name));
  const scopeOf = (path: string): string =>
    (JSON.parse(readFileSync(path, 'utf8')) as { scopeName: string }).scopeName;
  return Object.fromEntries(files.map((path) => [scopeOf(path), path]));
}

const bases: readonly (readonly [string, Grammars | undefined])[] = [
  ['a small YAML grammar', SMALL_YAML],
  ['the YAML grammar of the editor', editorYaml()],
];

describe.each(bases)('a Helm template over %s', (_, base) => {
  const made: { tokenizer?: Tokenizer } = {};

  beforeAll(async () => {
    made.tokenizer = await createTokenizer('source.yaml.helm', { ...OURS, ...base });
  });

  function scopes(text: string, token: string): readonly string[] {
    return scopesOf(made.tokenizer?.tokens(text) ?? [], token);
  }

  const run = it.skipIf(base === undefined);

  run.each([
    ['{{ if .x }}', 'if', 'keyword.control.gotemplate'],
    ['{{- else if .x -}}', 'else', 'keyword.control.gotemplate'],
    ['{{ range $i, $e := .list }}', 'range', 'keyword.control.gotemplate'],
    ['{{ range $i, $e := .list }}', ':=', 'keyword.operator.assignment.gotemplate'],
    ['{{ with .x }}', 'with', 'keyword.control.gotemplate'],
    ['{{ end }}', 'end', 'keyword.control.gotemplate'],
    ['{{ break }}', 'break', 'keyword.control.gotemplate'],
    ['{{ define "shop.name" }}', '"shop.name"', 'entity.name.function.template.gotemplate'],
    ['{{ template "shop.name" . }}', '"shop.name"', 'entity.name.function.template.gotemplate'],
    ['{{ include "shop.name" . }}', '"shop.name"', 'entity.name.function.template.gotemplate'],
    ['{{ include "shop.name" . }}', 'include', 'support.function.builtin.gotemplate'],
    ['{{ . | toYaml }}', '|', 'keyword.operator.pipe.gotemplate'],
    ['{{ . | toYaml }}', 'toYaml', 'support.function.gotemplate'],
    ['{{ .Values.if }}', 'Values', 'support.variable.helm.gotemplate'],
    ['{{ .Values.if }}', 'if', 'variable.other.property.gotemplate'],
    ['{{ $.Values.a }}', '$', 'punctuation.definition.variable.gotemplate'],
    ['{{ $name }}', 'name', 'variable.other.gotemplate'],
    ['{{ . }}', '.', 'variable.language.dot.gotemplate'],
    ['{{ eq 3 0x1F }}', '0x1F', 'constant.numeric.gotemplate'],
    ['{{ -1.5e3 }}', '-1.5e3', 'constant.numeric.gotemplate'],
    ['{{ true }}', 'true', 'constant.language.gotemplate'],
    ["{{ 'x' }}", "'x'", 'constant.character.gotemplate'],
    ['{{ "a\\n" }}', '\\n', 'constant.character.escape.gotemplate'],
    ['{{ "a\\q" }}', '\\q', 'invalid.illegal.escape.gotemplate'],
    ['{{ (len .a) }}', '(', 'punctuation.section.parens.begin.gotemplate'],
  ])('in %s has %s as %s', (text, token, scope) => {
    const found = scopes(`a: ${text}`, token);
    expect(found.at(-1)).toBe(scope);
    expect(found).toContain(EMBEDDED);
  });

  run('trims only with space beside the mark, so that -3 is a number', () => {
    expect(scopes('a: {{- .x -}}', '{{-').at(-1)).toBe(
      'punctuation.section.embedded.begin.gotemplate',
    );
    expect(scopes('a: {{- .x -}}', '-}}').at(-1)).toBe(
      'punctuation.section.embedded.end.gotemplate',
    );
    expect(scopes('a: {{-3}}', '-3').at(-1)).toBe('constant.numeric.gotemplate');
  });

  run('sees an action after a dash', () => {
    expect(scopes('list:\n  -{{ .x }}', '{{')).toContain(EMBEDDED);
    expect(scopes('list:\n  - {{ .Values.a }}', 'Values')).toContain(EMBEDDED);
    expect(scopes('a:\n  - {{ .x }}\nkey: v', 'key')).toContain('entity.name.tag.yaml');
  });

  run('keeps a flow list whole around quoted commas and actions', () => {
    const text = `args: ["a,b", {{ .x | join "," }}, 'c{{ .d }}', e]\nkey: v`;
    expect(scopes(text, 'a,b')).toContain('string.quoted.double.yaml');
    expect(scopes(text, 'join').at(-1)).toBe('support.function.gotemplate');
    expect(scopes(text, 'd')).toEqual(
      expect.arrayContaining([EMBEDDED, 'string.quoted.single.yaml']),
    );
    expect(scopes(text, 'key')).toContain('entity.name.tag.yaml');
    const all = (made.tokenizer?.tokens(text) ?? []).flat();
    expect(all.filter((one) => one.scopes.some((scope) => scope.startsWith('invalid')))).toEqual(
      [],
    );
    const commas = all.filter((one) => one.text.trim() === ',' && !one.scopes.includes(EMBEDDED));
    expect(commas.map((one) => one.scopes.at(-1))).toEqual(
      Array.from({ length: 3 }, () => 'punctuation.separator.sequence.yaml'),
    );
  });

  run('sees actions in quoted texts, keys and comments', () => {
    expect(scopes('a: "x {{ .Values.b | quote }} y"', 'quote')).toContain(EMBEDDED);
    expect(scopes('a: "x {{ .b }} y"', 'y')).not.toContain(EMBEDDED);
    expect(scopes('{{ .Values.key }}: value', 'Values')).toContain(EMBEDDED);
    expect(scopes('a: b # {{ if .x }} no', 'if')).toEqual(
      expect.arrayContaining([EMBEDDED, 'comment.line.number-sign.yaml']),
    );
    expect(scopes('# {{ .x }} rest', 'rest')).toContain('comment.line.number-sign.yaml');
  });

  run('knows comments of templates, over lines and with actions inside', () => {
    const text = '{{- /* one {{ .x }}\n two: "3" */ -}}\nkey: v';
    expect(scopes(text, 'two: "3"')).toContain('comment.block.gotemplate');
    expect(scopes(text, 'one {{ .x }}')).toContain('comment.block.gotemplate');
    expect(scopes(text, 'key')).toContain('entity.name.tag.yaml');
    expect(scopes('{{/* a */}}\nkey: v', 'key')).toContain('entity.name.tag.yaml');
  });

  run('ends a text where Go ends it', () => {
    const nested = 'a: {{ printf "}} \\" {{" | quote }}\nkey: v';
    expect(scopes(nested, 'quote').at(-1)).toBe('support.function.gotemplate');
    expect(scopes(nested, 'key')).toContain('entity.name.tag.yaml');
    const raw = 'a: {{ `one "\n}} two` | quote }}\nkey: v';
    expect(scopes(raw, '}} two')).toContain('string.quoted.other.raw.gotemplate');
    expect(scopes(raw, 'quote').at(-1)).toBe('support.function.gotemplate');
    expect(scopes(raw, 'key')).toContain('entity.name.tag.yaml');
  });

  run('carries an action over lines', () => {
    const text = 'a: {{ tpl (printf "%s"\n  .Values.b) $ }}\nkey: v';
    expect(scopes(text, 'b')).toContain(EMBEDDED);
    expect(scopes(text, 'key')).toContain('entity.name.tag.yaml');
  });

  run('keeps a half-typed text on its line', () => {
    const text = 'a: {{ "half }}\nb: {{ .x }}\nkey: v';
    expect(scopes(text, 'key')).toContain('entity.name.tag.yaml');
  });

  describe('in a block scalar', () => {
    const text = [
      'script: |-',
      '  echo {{ .Values.a }} done',
      '{{ toYaml .Values.more | indent 2 }}',
      '  still: text',
      '',
      '  and more',
      'next: plain',
      'items:',
      '  - first: >',
      '      folded',
      '    second: v',
      '  - |',
      '    body',
      'last: w',
    ].join('\n');
    const BLOCK = 'string.unquoted.block.yaml';

    run('sees actions, and text again after them', () => {
      expect(scopes(text, 'toYaml')).toContain(EMBEDDED);
      expect(scopes(text, 'Values')).toContain(EMBEDDED);
      expect(scopes(text, 'done')).toContain(BLOCK);
    });

    run('goes on over a line of actions at the margin', () => {
      expect(scopes(text, 'still: text')).toContain(BLOCK);
      expect(scopes(text, 'and more')).toContain(BLOCK);
    });

    run.each(['next', 'second', 'last'])('ends before the key %s', (key) => {
      expect(scopes(text, key)).toContain('entity.name.tag.yaml');
      expect(scopes(text, key)).not.toContain(BLOCK);
    });

    run.each(['folded', 'body'])('in a list holds %s', (body) => {
      expect(scopes(text, body)).toContain(BLOCK);
    });
  });

  run('leaves plain YAML as it is', () => {
    const text = 'a: b\nmap: {c: d, e: [f, g]}\n# {single} braces\ntext: "{}"';
    const all = (made.tokenizer?.tokens(text) ?? []).flat();
    expect(all.some((one) => one.scopes.includes(EMBEDDED))).toBe(false);
  });
});

describe('the injection', () => {
  it('repairs another grammar of Helm, and leaves plain YAML alone', async () => {
    const other = { ...SMALL_YAML, 'source.helm': SMALL_YAML['source.yaml'] ?? '' };
    const helm = await createTokenizer('source.helm', { ...OURS, ...other });
    expect(scopesOf(helm.tokens('a: "x {{ .b | quote }}"'), 'quote')).toContain(EMBEDDED);
    const yaml = await createTokenizer('source.yaml', { ...OURS, ...SMALL_YAML });
    const tokens = yaml.tokens('a: {b: {c: d}}\nx: {{ .y }}').flat();
    expect(tokens.some((one) => one.scopes.includes(EMBEDDED))).toBe(false);
  });
});

describe('the language configuration', () => {
  const config = JSON.parse(
    readFileSync(
      join(import.meta.dirname, '../../../syntaxes/helm.language-configuration.json'),
      'utf8',
    ),
  ) as {
    comments: { blockComment: readonly string[] };
    autoClosingPairs: readonly { open: string; close: string }[];
    wordPattern: string;
    indentationRules: Record<'increaseIndentPattern' | 'decreaseIndentPattern', string>;
  };

  it('comments and closes as templates do', () => {
    expect(config.comments.blockComment).toEqual(['{{/*', '*/}}']);
    expect(config.autoClosingPairs).toContainEqual({ open: '{{', close: '}}' });
  });

  it.each([
    ['spec:', true],
    ['  - name:', true],
    ['data: |-', true],
    ['a: b', false],
    ['# spec:', false],
    ['{{ if .x }}', false],
    ['{{ .Values.key }}:', false],
  ])('indents after %j: %s', (line, indents) => {
    expect(new RegExp(config.indentationRules.increaseIndentPattern, 'u').test(line)).toBe(indents);
  });

  it('takes names with dashes as words', () => {
    const words = '- my-chart.fullName $x'.match(new RegExp(config.wordPattern, 'gu'));
    expect(words).toEqual(['my-chart', 'fullName', '$x']);
  });
});

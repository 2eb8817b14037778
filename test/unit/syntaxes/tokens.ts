import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const SYNTAXES = join(import.meta.dirname, '../../../syntaxes');

/** Grammar files by scope; `source.yaml` is what the editor brings. */
export type Grammars = Readonly<Record<string, string>>;

export const OURS: Grammars = {
  'source.yaml.helm': join(SYNTAXES, 'helm.tmLanguage.json'),
  'gotemplate.injection': join(SYNTAXES, 'gotemplate.injection.json'),
};

/** A small YAML grammar with the shape of the editor's: keys, plain and quoted scalars, flow, comments. */
export const SMALL_YAML: Grammars = {
  'source.yaml': join(import.meta.dirname, 'yaml.tmLanguage.json'),
};

export interface Token {
  readonly text: string;
  readonly scopes: readonly string[];
}

export interface Tokenizer {
  /** The tokens of each line, with the state carried from one to the next. */
  tokens(text: string): readonly (readonly Token[])[];
}

export async function createTokenizer(scope: string, grammars: Grammars): Promise<Tokenizer> {
  const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
  await oniguruma.loadWASM(new Uint8Array(readFileSync(wasm)).buffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (name) => {
      const path = grammars[name];
      if (path === undefined) return null;
      const grammar = textmate.parseRawGrammar(await readFile(path, 'utf8'), path);
      return { ...grammar, scopeName: name };
    },
    getInjections: (name) =>
      name === 'source.yaml.helm' || name === 'source.helm' ? ['gotemplate.injection'] : undefined,
  });
  const grammar = await registry.loadGrammar(scope);
  if (grammar === null) throw new Error(`no grammar ${scope}`);
  return {
    tokens(text) {
      const state = { stack: textmate.INITIAL };
      return text.split('\n').map((line) => {
        const result = grammar.tokenizeLine(line, state.stack);
        state.stack = result.ruleStack;
        return result.tokens.map(({ startIndex, endIndex, scopes }) => ({
          text: line.slice(startIndex, endIndex),
          scopes,
        }));
      });
    },
  };
}

/** The scopes of the first token that holds the text (or is held by it). */
export function scopesOf(lines: readonly (readonly Token[])[], text: string): readonly string[] {
  const token = lines.flat().find((one) => one.text.trim() === text);
  if (token === undefined) {
    const all = lines.flat().map((one) => JSON.stringify(one.text));
    throw new Error(`no token ${JSON.stringify(text)} among ${all.join(' ')}`);
  }
  return token.scopes;
}

/** `text → innermost scope` for each token that is more than space: for looking at. */
export function outline(lines: readonly (readonly Token[])[]): string {
  return lines
    .map((tokens) =>
      tokens
        .filter(({ text }) => text.trim() !== '')
        .map(({ text, scopes }) => `${text.trim()}→${scopes.at(-1)}`)
        .join('  '),
    )
    .join('\n');
}

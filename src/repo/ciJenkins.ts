import { type PipelineJob, type JobStep, countLines } from './ciJob';
import { folderFrom } from './ciRun';
import { CHECKOUT, plainText, unknownText } from './ciText';
import { baseNameOf } from './paths';

export function isJenkinsfile(path: string): boolean {
  return /^Jenkinsfile([-._].+)?$/.test(baseNameOf(path)) || /\.jenkinsfile$/i.test(path);
}

/** A token of Groovy, as far as finding steps needs it. */
interface Token {
  readonly kind: 'name' | 'string' | 'sign';
  readonly text: string;
  readonly at: number;
  /** Of a string: `${x}` is filled in by Groovy. */
  readonly isOpen?: boolean;
}

const LONGEST = 512 * 1024;
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'''[\s\S]*?(?:'''|$)|"""[\s\S]*?(?:"""|$)|'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?|[A-Za-z_$][\w$.]*|[{}()[\],:=]/g;

function tokensOf(text: string): readonly Token[] {
  return [...text.slice(0, LONGEST).matchAll(TOKEN)].flatMap(({ 0: raw, index }): Token[] => {
    if (/^\/[/*]/.test(raw)) return [];
    if (/^['"]/.test(raw)) return [stringToken(raw, index)];
    return [{ kind: /^\w/.test(raw) ? 'name' : 'sign', text: raw, at: index }];
  });
}

function stringToken(raw: string, at: number): Token {
  const quote = /^('{3}|"{3}|'|")/.exec(raw)?.[0] ?? '"';
  const isEnded = raw.length >= quote.length * 2 && raw.endsWith(quote);
  const inner = raw.slice(quote.length, isEnded ? -quote.length : undefined);
  const text = unescaped(inner);
  return { kind: 'string', text, at: at + quote.length, isOpen: quote.startsWith('"') };
}

/** A backslash before a dollar keeps it from Groovy and hands it to the shell. */
function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '', $: '\uE01F' };
const KEPT_DOLLAR = /\uE01F/g;

/** What the blocks around a step say. */
interface Block {
  readonly folder: string;
  readonly stage: string;
  readonly variables: Map<string, string>;
  readonly isEnvironment: boolean;
}

/** The steps of a Jenkinsfile, those of a stage as one job: `sh` with the blocks around it. */
export function jenkinsJobs(path: string, source: string): readonly PipelineJob[] {
  const text = plainText(source);
  const tokens = tokensOf(text);
  const steps = new Map<string, JobStep[]>();
  const variables = new Map([['WORKSPACE', CHECKOUT]]);
  const top: Block = { folder: '', stage: '', variables, isEnvironment: false };
  const open: Block[] = [top];
  tokens.forEach((token, index) => {
    const block = open.at(-1) ?? top;
    if (isSign(token, '{')) open.push(opened(tokens, index, block));
    else if (isSign(token, '}')) open.splice(Math.max(1, open.length - 1));
    else if (block.isEnvironment) define(tokens, index, block);
    else {
      const step = stepAt(tokens, index, { path, text, block });
      if (step !== undefined) steps.set(block.stage, [...(steps.get(block.stage) ?? []), step]);
    }
  });
  return [...steps].map(([stage, all]) => ({
    system: 'Jenkins',
    label: stage === '' ? 'pipeline' : stage,
    steps: all,
  }));
}

function isSign({ kind, text }: Token, sign: string): boolean {
  return kind === 'sign' && text === sign;
}

/** The block that a brace opens, by the name and the strings before it. */
function opened(tokens: readonly Token[], index: number, outer: Block): Block {
  const { name, strings } = headOf(tokens, index);
  const [first] = strings;
  const inner = { ...outer, isEnvironment: false };
  switch (name) {
    case 'environment':
      // It is for the whole block around it.
      return { ...inner, variables: outer.variables, isEnvironment: true };
    case 'dir':
      return {
        ...inner,
        variables: new Map(outer.variables),
        folder: folderFrom(outer.folder, filled(first, outer)),
      };
    case 'stage':
      return { ...inner, variables: new Map(outer.variables), stage: first?.text ?? outer.stage };
    case 'withEnv': {
      const pairs = strings.map((one) => /^(\w+)=([\s\S]*)$/.exec(filled(one, outer)));
      const added = pairs.flatMap((pair) =>
        pair === null ? [] : [[pair[1] ?? '', pair[2] ?? ''] as const],
      );
      return { ...inner, variables: new Map([...outer.variables, ...added]) };
    }
    default:
      return { ...inner, variables: new Map(outer.variables) };
  }
}

const MOST_HEAD = 60;

/** `withEnv(['A=b', 'C=d']) {`: back from the brace to the name that it belongs to. */
function headOf(
  tokens: readonly Token[],
  index: number,
): { readonly name: string; readonly strings: readonly Token[] } {
  const strings: Token[] = [];
  for (let at = index - 1; at >= 0 && index - at < MOST_HEAD; at -= 1) {
    const token = tokens[at];
    if (token === undefined || token.text === '{' || token.text === '}') break;
    if (token.kind === 'string') strings.unshift(token);
    else if (token.kind === 'name') return { name: token.text, strings };
  }
  return { name: '', strings };
}

/** `NAME = 'value'` in an environment block; what a function makes is known to runs only. */
function define(tokens: readonly Token[], index: number, block: Block): void {
  const [name, sign, value] = [tokens[index], tokens[index + 1], tokens[index + 2]];
  if (name?.kind !== 'name' || sign?.text !== '=') return;
  const text = value?.kind === 'string' ? filled(value, block) : unknownText(`$${name.text}`);
  block.variables.set(name.text, text);
}

const REFERENCE = /\$\{([^{}]{0,200})\}|\$([A-Za-z_][\w.]*)/g;

function filled(token: Token | undefined, { variables }: Block): string {
  if (token === undefined) return '';
  const text =
    token.isOpen !== true
      ? token.text
      : token.text.replace(REFERENCE, (_, braced?: string, bare?: string) => {
          const name = (braced ?? bare ?? '').trim();
          return variables.get(name.replace(/^env\./, '')) ?? unknownText(`\${${name}}`);
        });
  return text.replace(KEPT_DOLLAR, '$');
}

interface StepContext {
  readonly path: string;
  readonly text: string;
  readonly block: Block;
}

/** `sh 'x'`, `sh("x")`, `sh(script: 'x', label: 'y')`. */
function stepAt(
  tokens: readonly Token[],
  index: number,
  { path, text, block }: StepContext,
): JobStep | undefined {
  const called = tokens[index];
  if (called?.kind !== 'name' || !/^(sh|bat)$/.test(called.text)) return undefined;
  const token = scriptToken(tokens, index + 1);
  if (token === undefined) return undefined;
  const script = filled(token, block);
  const first = 1 + countLines(text, token.at);
  const variables = new Map(block.variables);
  const { folder } = block;
  return () => ({
    script,
    place: (offset) => ({ path, line: first + countLines(script, offset) }),
    folder,
    variables,
  });
}

/** Tokens in which the script of a step stands: it has two further settings. */
const MOST_NAMED = 14;

/** The string that follows, or the one that is named `script`. */
function scriptToken(tokens: readonly Token[], start: number): Token | undefined {
  const rest = tokens.slice(start, start + MOST_NAMED).filter(({ text }) => text !== '(');
  if (rest[0]?.kind === 'string') return rest[0];
  // `name: value, name: value`
  const end = rest.findIndex(({ text }) => text === '}' || text === 'sh');
  const own = end < 0 ? rest : rest.slice(0, end);
  const named = own.findIndex(({ text }, at) => text === 'script' && own[at + 1]?.text === ':');
  const token = named < 0 ? undefined : own[named + 2];
  return token?.kind === 'string' ? token : undefined;
}

import { type ArgumentSpec, lastValue, readArguments } from './ciArguments';
import type { PipelineWorld } from './ciDeployment';
import { folderFrom, type Invocation } from './ciRun';
import { expandNested, isKnown, plainText } from './ciText';
import { resolvePath } from './paths';

const MAKE: ArgumentSpec = {
  values: new Set(['directory', 'file', 'makefile', 'jobs']),
  letters: { C: 'directory', f: 'file', j: 'jobs' },
};

/** The recipe of a target, as one script. */
export interface Recipe {
  readonly path: string;
  readonly line: number;
  readonly script: string;
  readonly folder: string;
  readonly variables: ReadonlyMap<string, string>;
}

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

export function isMakefile(name: string): boolean {
  return MAKEFILES.includes(name);
}

interface Rule {
  readonly line: number;
  readonly needs: readonly string[];
  readonly recipe: string[];
}

interface Makefile {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly order: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * What `make` runs for its arguments: the recipes of the targets after those that they need. Of the
 * language, variables and plain rules are followed; functions and patterns are left to the run.
 */
export function makeRecipes(invocation: Invocation, world: PipelineWorld): readonly Recipe[] {
  const call = callOf(invocation);
  const path = makefileOf(call, world);
  const text = path === undefined ? undefined : world.text(path);
  if (path === undefined || text === undefined) return [];
  const file = parseMakefile(plainText(text));
  const values = new Map([...invocation.variables, ...file.variables, ...call.settings]);
  const targets = call.targets.length > 0 ? call.targets : file.order.slice(0, 1);
  return closure(targets, file).map(({ line, recipe }) => {
    const script = recipe.map((one) => expandMake(one, values)).join('\n');
    const variables = new Map([...invocation.variables, ...call.settings]);
    return { path, line, script, folder: call.folder, variables };
  });
}

interface Call {
  readonly folder: string;
  readonly file: string | undefined;
  readonly targets: readonly string[];
  readonly settings: ReadonlyMap<string, string>;
}

function callOf({ words, folder, environment }: Invocation): Call {
  const args = readArguments(words.slice(1), MAKE);
  const settings = new Map(environment);
  const targets: string[] = [];
  for (const word of args.positional) {
    const [, name, value = ''] = /^(\w+):?=(.*)$/s.exec(word) ?? [];
    if (name === undefined) targets.push(word);
    else settings.set(name, value);
  }
  const place = lastValue(args, 'directory');
  return {
    folder: place === undefined ? folder : folderFrom(folder, place),
    file: lastValue(args, 'file'),
    targets,
    settings,
  };
}

function makefileOf({ folder, file }: Call, { text }: PipelineWorld): string | undefined {
  if (!isKnown(folder)) return undefined;
  const names = file === undefined ? MAKEFILES : [file];
  return names.map((name) => resolvePath(folder, name)).find((path) => text(path) !== undefined);
}

const VARIABLE = /^(?:export[ \t]+)?(\w+)[ \t]*(\?|:{1,2}|\+)?=[ \t]*(.*)$/;
const RULE = /^([^\s:=#][^:=#]*):(?!=)([^=]*)$/;

function parseMakefile(text: string): Makefile {
  const rules = new Map<string, Rule>();
  const variables = new Map<string, string>();
  let open: Rule[] = [];
  text.split(/\r?\n/).reduce((carried, raw, index) => {
    // A line that ends in a backslash goes on; the recipe keeps it for the shell.
    const line = carried === '' ? raw : `${carried}\n${raw}`;
    if (raw.endsWith('\\')) return line;
    if (line.startsWith('\t')) for (const rule of open) rule.recipe.push(line.slice(1));
    else open = readTop(line.replace(/\\\n\s*/g, ' '), index + 1, { rules, variables }) ?? open;
    return '';
  }, '');
  return { rules, variables, order: [...rules.keys()].filter((name) => !name.startsWith('.')) };
}

/** The rules that a line opens; `undefined` for a line that opens none and ends none. */
function readTop(line: string, at: number, file: Opened): Rule[] | undefined {
  const text = line.replace(/(^|\s)#.*$/, '').trimEnd();
  if (text === '') return undefined;
  const variable = VARIABLE.exec(text);
  if (variable !== null) {
    define(variable, file.variables);
    return [];
  }
  const [, targets, needs = ''] = RULE.exec(text) ?? [];
  return (targets?.split(/\s+/) ?? []).map((name) => {
    const rule = { line: at, needs: needs.split(/\s+/).filter((one) => one !== ''), recipe: [] };
    file.rules.set(name, rule);
    return rule;
  });
}

interface Opened {
  readonly rules: Map<string, Rule>;
  readonly variables: Map<string, string>;
}

function define(
  [, name = '', operator, value = '']: readonly (string | undefined)[],
  variables: Map<string, string>,
): void {
  const before = variables.get(name);
  if (operator === '?' && before !== undefined) return;
  variables.set(name, operator === '+' ? `${before ?? ''} ${value}` : value);
}

const MOST_RULES = 50;

/** The rules in the order in which they run, each once. */
function closure(targets: readonly string[], { rules }: Makefile): readonly Rule[] {
  const found = new Set<Rule>();
  const visiting = new Set<string>();
  const visit = (name: string): void => {
    const rule = rules.get(name);
    if (rule === undefined || visiting.has(name) || visiting.size > MOST_RULES) return;
    visiting.add(name);
    for (const need of rule.needs) visit(need);
    found.add(rule);
  };
  for (const target of targets) visit(target);
  return [...found];
}

const MACRO = /\$(?:\$|\((\w+)\)|\{(\w+)\}|\(([^()]{0,200})\)|(\w))/g;
/**
 * The text that make hands to the shell; `$$` is a dollar of the shell's own. A variable that nothing
 * sets is empty, unless the environment of the run has it.
 */
function expandMake(text: string, values: ReadonlyMap<string, string>): string {
  const bare = text.replace(/^[ \t]*[@+-]+/, '');
  return expandNested(bare, MACRO, (name) => OWN[name] ?? values.get(name));
}

/** What make itself knows. */
const OWN: Readonly<Record<string, string>> = { $$: '$', MAKE: 'make', CURDIR: '.', PWD: '.' };

import type { YamlTree } from '../yaml/tree';
import { evaluated } from './ciExpressions';
import { CHECKOUT, expandNested, plainText, unknownText } from './ciText';
import { childAt, entriesAt, itemsAt, wordAt } from './ciTree';

/** What template expressions are filled with when the pipeline is put together. */
export interface TemplateScope {
  readonly parameters: ReadonlyMap<string, YamlTree>;
  /** Of `${{ each x in … }}`. */
  readonly items: ReadonlyMap<string, YamlTree>;
  readonly variables: ReadonlyMap<string, string>;
  /** How many children may still be unfolded: loops in loops make many of a few lines. */
  readonly budget: { left: number };
}

const MOST_CHILDREN = 2000;

/** Parameters with their defaults; those without a value are known to runs only. */
export function parameterScope(
  declared: YamlTree | undefined,
  given: ReadonlyMap<string, YamlTree>,
  outer?: TemplateScope,
): TemplateScope {
  const defaults = defaultsOf(declared);
  return {
    parameters: new Map([...defaults, ...given]),
    items: new Map(),
    variables: outer?.variables ?? new Map(),
    budget: outer?.budget ?? { left: MOST_CHILDREN },
  };
}

/** Of a list of declarations, or of the older mapping of names to values. */
function defaultsOf(declared: YamlTree | undefined): readonly (readonly [string, YamlTree])[] {
  if (declared?.kind !== 'list') return entriesAt(declared);
  return declared.items.flatMap((entry) => {
    const [name, value] = [wordAt(entry, 'name'), childAt(entry, 'default')];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

export interface Child {
  readonly tree: YamlTree;
  readonly scope: TemplateScope;
}

/** The items of a list with its conditions and loops unfolded; of conditions, every way counts. */
export function childrenOf(list: YamlTree | undefined, scope: TemplateScope): readonly Child[] {
  const found = list === undefined ? undefined : resolved(list, scope);
  const { budget } = scope;
  return itemsAt(found).flatMap((tree) => ((budget.left -= 1) < 0 ? [] : unfolded(tree, scope)));
}

const EACH = /^\$\{\{\s*each\s+(\w+)\s+in\s+([\w.]+)\s*\}\}$/;

function unfolded(tree: YamlTree, scope: TemplateScope): readonly Child[] {
  if (tree.kind === 'text') {
    const inner = resolved(tree, scope);
    return inner.kind === 'list' ? childrenOf(inner, scope) : [{ tree, scope }];
  }
  const directives = entriesAt(tree).filter(([key]) => key.startsWith('${{'));
  if (directives.length === 0) return [{ tree, scope }];
  return directives.flatMap(([key, value]) => {
    const [, name, path] = EACH.exec(key) ?? [];
    if (name === undefined || path === undefined) return childrenOf(value, scope);
    return itemsAt(valueAt(path, scope)).flatMap((item) =>
      scope.budget.left < 0
        ? []
        : childrenOf(value, { ...scope, items: new Map([...scope.items, [name, item]]) }),
    );
  });
}

const WHOLE = /^\s*\$\{\{\s*([\w.-]+)\s*\}\}\s*$/;

/** What a text that is nothing but an expression stands for: a list or mapping of a parameter. */
export function resolved(tree: YamlTree, scope: TemplateScope): YamlTree {
  if (tree.kind !== 'text') return tree;
  const path = WHOLE.exec(tree.text)?.[1];
  const value = path === undefined ? undefined : valueAt(path, scope);
  if (value !== undefined) return value;
  return tree.text.includes('${{') ? { ...tree, text: filledText(tree.text, scope) } : tree;
}

function valueAt(path: string, { parameters, items }: TemplateScope): YamlTree | undefined {
  const [first = '', ...rest] = path.split('.');
  if (first === 'parameters') return childAt(parameters.get(rest[0] ?? ''), ...rest.slice(1));
  const item = items.get(first);
  return item === undefined ? undefined : childAt(item, ...rest);
}

const EXPRESSION = /\$\{\{((?:[^}]|\}(?!\})){0,500})\}\}/g;

/** Fills `${{ … }}` in. */
export function filledText(text: string, scope: TemplateScope): string {
  if (!text.includes('${{')) return plainText(text);
  return text.replace(EXPRESSION, (_, inner: string) => {
    const expression = inner.trim();
    const value = evaluated(expression, (path) => wordOf(path, scope));
    return value ?? unknownText(`\${{ ${expression} }}`);
  });
}

function wordOf(path: string, scope: TemplateScope): string | undefined {
  const value = valueAt(path, scope);
  if (value?.kind === 'text') return value.text;
  return path.startsWith('variables.')
    ? scope.variables.get(path.slice('variables.'.length))
    : undefined;
}

/** But for commands that scripts substitute without arguments, which are no variables. */
const MACRO = /\$\((?!(?:pwd|date|whoami|hostname|uname)\))([A-Za-z_][\w.-]*)\)/g;

/** Fills `$(name)` in, which happens just before a task runs. */
export function fillMacros(text: string, variables: ReadonlyMap<string, string>): string {
  const plain = text
    .replaceAll('$(Pipeline.Workspace)/s', CHECKOUT)
    .replaceAll('$(Agent.BuildDirectory)/s', CHECKOUT);
  return expandNested(plain, MACRO, (name) => variables.get(name) ?? byCase(name, variables));
}

/** Names of variables are the same in any letter case. */
function byCase(name: string, variables: ReadonlyMap<string, string>): string | undefined {
  const wanted = name.toLowerCase();
  return [...variables].find(([one]) => one.toLowerCase() === wanted)?.[1];
}

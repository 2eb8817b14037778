import { describe, expect, it } from 'vitest';
import type { SourceFile } from './sources';
import { importsOf, readSources, resolveImport } from './sources';

const sources = readSources('src');
const byPath = new Map(sources.map((file) => [file.path, file]));

const core = ['base', 'model'];
const pure = ['yaml', 'repo', 'diff', 'validate', 'sync'];
const effectful = ['render', 'live', 'git', 'forge'];
const siblings = [...pure, ...effectful];
const ui = ['host', 'views', 'commands'];

interface Rule {
  /** Layers whose values may be imported. */
  readonly layers: readonly string[];
  /** Layers of which only types may be imported. */
  readonly types: readonly string[];
  readonly node: boolean;
  readonly vscode: boolean;
  readonly npm: readonly string[];
}

function rule(layers: readonly string[], extra: Partial<Rule> = {}): Rule {
  return { types: [], node: false, vscode: false, npm: [], ...extra, layers };
}

const parts = ['coreRepository.ts', 'coreComparison.ts', 'coreAdapters.ts', 'coreLooks.ts'];

const rules: Readonly<Record<string, Rule>> = {
  base: rule([]),
  model: rule(['base']),
  yaml: rule(core, { npm: ['yaml'] }),
  repo: rule([...core, 'yaml']),
  diff: rule(core, { npm: ['diff'] }),
  validate: rule([...core, 'yaml'], { npm: ['ajv'] }),
  sync: rule(core),
  render: rule(core, { node: true, npm: ['vscode-jsonrpc/node', 'vscode-jsonrpc'] }),
  live: rule(core, {
    node: true,
    npm: ['@kubernetes/client-node', '@kubernetes/client-node/dist/oidc_auth.js', 'undici'],
  }),
  git: rule(core, { node: true, npm: ['simple-git'] }),
  forge: rule(core, { node: true, npm: ['@octokit/rest', 'undici'] }),
  pipeline: rule([...core, ...siblings]),
  host: rule([...core, 'pipeline'], { types: siblings, node: true, vscode: true }),
  views: rule([...core, 'pipeline', 'host'], { types: siblings, vscode: true }),
  commands: rule([...core, 'pipeline', 'host', 'views'], { types: siblings, vscode: true }),
  cli: rule([...core, 'pipeline'], { types: siblings, node: true }),
  'schemaBundle.ts': rule([], { node: true }),
  'workerThread.ts': rule(core, { node: true }),
  'kubeconfigEntry.ts': rule([...core, 'live'], { node: true }),
  'compose.ts': rule([...core, ...siblings, 'pipeline', 'schemaBundle.ts', 'workerThread.ts'], {
    node: true,
  }),
  'coreRepository.ts': rule([...core, 'repo']),
  'coreComparison.ts': rule([...core, 'diff', 'validate', 'sync']),
  'coreAdapters.ts': rule([...core, 'render', 'live', 'git', 'forge']),
  'coreLooks.ts': rule([...core, 'pipeline']),
  'loadCore.ts': rule(['yaml', 'compose.ts', ...parts], { node: true }),
  'cli.ts': rule([...core, ...siblings, 'pipeline', 'cli', 'compose.ts'], { node: true }),
  'workerEntry.ts': rule([...core, 'yaml', 'validate', 'schemaBundle.ts'], {
    types: ['workerThread.ts'],
    node: true,
  }),
  'extension.ts': rule([...core, ...siblings, 'pipeline', ...ui, 'loadCore.ts'], {
    node: true,
    vscode: true,
  }),
};

function layerOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

function packageOffence(specifier: string, allowed: Rule): string | undefined {
  if (specifier === 'vscode') return allowed.vscode ? undefined : 'vscode';
  if (specifier.startsWith('node:')) return allowed.node ? undefined : specifier;
  return allowed.npm.includes(specifier) ? undefined : specifier;
}

function offences(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  const allowed = rules[layer];
  if (allowed === undefined) return [`${file.path}: no such layer`];
  return importsOf(file).flatMap(({ specifier, typeOnly }) => {
    const target = resolveImport(file.path, specifier);
    if (target === undefined) {
      if (typeOnly && specifier !== 'vscode') return [];
      const offence = packageOffence(specifier, allowed);
      return offence === undefined ? [] : [`${file.path} imports ${offence}`];
    }
    const to = layerOf(target);
    const reachable = [layer, ...allowed.layers, ...(typeOnly ? allowed.types : [])];
    return reachable.includes(to) ? [] : [`${file.path} imports ${target}`];
  });
}

/** Files reachable by runtime imports. */
function runtimeImports(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((one) => !one.typeOnly)
    .map((one) => resolveImport(file.path, one.specifier))
    .filter((path): path is string => path !== undefined);
}

function findCycle(): string | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ');
    if (done.has(path)) return undefined;
    const file = byPath.get(path);
    const cycles = (file === undefined ? [] : runtimeImports(file)).map((next) =>
      visit(next, [...trail, path]),
    );
    done.add(path);
    return cycles.find((cycle) => cycle !== undefined);
  };
  return sources.map((file) => visit(file.path, [])).find((cycle) => cycle !== undefined);
}

function reachesVscode(): ReadonlySet<string> {
  const reaching = new Set(
    sources
      .filter((file) => importsOf(file).some((i) => i.specifier === 'vscode' && !i.typeOnly))
      .map((file) => file.path),
  );
  const state = { grew: true };
  while (state.grew) {
    state.grew = false;
    for (const file of sources) {
      if (reaching.has(file.path)) continue;
      if (runtimeImports(file).some((path) => reaching.has(path))) {
        reaching.add(file.path);
        state.grew = true;
      }
    }
  }
  return reaching;
}

describe('layers', () => {
  it('imports follow the table of ARCHITECTURE.md', () => {
    expect(sources.flatMap(offences)).toEqual([]);
  });

  it('every relative import names a file of src', () => {
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .map((one) => resolveImport(file.path, one.specifier))
        .filter((path): path is string => path !== undefined && !byPath.has(path))
        .map((path) => `${file.path} → ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('keeps at least 60 % of the lines out of reach of vscode', () => {
    const reaching = reachesVscode();
    const all = sources.reduce((sum, file) => sum + file.lineCount, 0);
    const free = sources
      .filter((file) => !reaching.has(file.path))
      .reduce((sum, file) => sum + file.lineCount, 0);
    expect(free / all).toBeGreaterThanOrEqual(0.6);
  });
});

import { parseAllDocuments } from 'yaml';
import type { App } from '../../../src/model/app';
import type { Settings } from '../../../src/model/config';
import type { Problem } from '../../../src/model/problem';
import type { GitRef, ParsedDocument, ParsedFile, Repository } from '../../../src/model/render';
import type { JsonObject } from '../../../src/model/resource';
import { parseCandidates } from '../../../src/repo/candidates';
import { discover, type Discovery, type DiscoveryInput } from '../../../src/repo/discover';

export const ROOT = '/repos/gitops';
export const REPO_URL = 'https://git.acme.example/acme/gitops.git';

/** Files by path; text is YAML or JSON, as it would stand in the repository. */
export type FileTable = Readonly<Record<string, string>>;

/** Parses as the engine does: mappings are documents, everything that is wrong is a problem. */
export function parsed(path: string, text: string): ParsedFile {
  const documents: ParsedDocument[] = [];
  const problems: Problem[] = [];
  for (const document of parseAllDocuments(text, { version: '1.1', merge: true })) {
    const offset = document.contents?.range?.[0] ?? 0;
    const line = text.slice(0, offset).split('\n').length;
    const fault = document.errors[0];
    if (fault !== undefined) {
      problems.push({
        severity: 'error',
        code: text.startsWith('<<<<<<<') ? 'conflict-marker' : 'yaml-syntax',
        message: 'YAML: it cannot be parsed.',
        location: { path, line },
      });
      continue;
    }
    const value: unknown = document.toJS();
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      documents.push({ value: value as JsonObject, line });
    }
  }
  return { path, documents, problems };
}

export function repositoryOf(overrides: Partial<Repository> = {}): Repository {
  return {
    topLevel: ROOT,
    gitDir: `${ROOT}/.git`,
    commonDir: `${ROOT}/.git`,
    headRef: 'refs/heads/main',
    headCommit: 'a'.repeat(40),
    remotes: [{ name: 'origin', urls: [REPO_URL] }],
    refs: [ref('refs/heads/main', 'a'), ref('refs/remotes/origin/main', 'a')],
    shallow: false,
    partial: false,
    sparse: false,
    ...overrides,
  };
}

/** A ref whose commit is one letter, forty times. */
export function ref(name: string, letter: string, target?: string): GitRef {
  return { name, commit: letter.repeat(40), ...(target === undefined ? {} : { target }) };
}

export interface InMemoryOptions {
  readonly root?: string;
  /** `null`: a folder without Git. */
  readonly repository?: Repository | null;
  readonly folders?: readonly string[];
}

/** Discovery over files in memory, parsing exactly the candidates. */
export function discovered(files: FileTable, options: InMemoryOptions = {}): Discovery {
  return discover(inputOf(files, options));
}

export function inputOf(files: FileTable, options: InMemoryOptions = {}): DiscoveryInput {
  const paths = Object.keys(files).sort();
  const { root = ROOT, repository = repositoryOf(), folders } = options;
  return {
    root,
    paths,
    files: new Map(parseCandidates(paths).map((path) => [path, parsed(path, files[path] ?? '')])),
    ...(repository === null ? {} : { repository }),
    ...(folders === undefined ? {} : { folders }),
    texts: new Map(Object.entries(files)),
  };
}

export function appNamed(discovery: { readonly apps: readonly App[] }, name: string): App {
  const found = discovery.apps.filter((app) => app.name === name);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const all = discovery.apps.map((app) => app.name).join(', ');
    throw new Error(`${found.length} apps are named ${name}; there are: ${all}`);
  }
  return only;
}

/** `spec.source` and further fields of an Argo CD Application as YAML. */
export function application(name: string, spec: JsonObject, metadata: JsonObject = {}): string {
  return JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', ...metadata },
    spec: {
      project: 'default',
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      ...spec,
    },
  });
}

export function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
}

export function settingsOf(overrides: Partial<Settings> = {}): Settings {
  return {
    contexts: {},
    assignments: {},
    kubeconfigs: [],
    protectedClusters: [],
    maxEngines: 2,
    renderTimeoutMs: 10_000,
    renderMemoryLimitBytes: 1_000_000_000,
    fetchAllowed: false,
    ...overrides,
  };
}

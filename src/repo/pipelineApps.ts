import type { App, AppKind, AppPolicy, Pipeline, PipelineStep } from '../model/app';
import type { Problem } from '../model/problem';
import { singleSources, sourceFolders } from '../model/render';
import type { Deployment } from './ciDeployment';
import { asWritten } from './ciText';
import { given } from './fields';
import { folderName, isWithin, parentOf } from './paths';

/** What pipelines make of one root: apps, and what nobody has to guess any more. */
export interface PipelineApps {
  readonly apps: readonly App[];
  /** The chart, kustomization or folder at this path is what some pipeline renders or applies. */
  readonly isTaken: (path: string, kind: AppKind) => boolean;
}

export interface PipelinePolicies {
  readonly helm: AppPolicy;
  readonly kubectl: AppPolicy;
}

interface Group {
  readonly first: Deployment;
  readonly all: Deployment[];
}

/**
 * One app for what deployments agree on: the same render in the same namespace of the same cluster.
 * Commands that only render count where nothing applies the same chart or folder.
 */
export function pipelineApps(
  root: string,
  deployments: readonly Deployment[],
  policies: PipelinePolicies,
): PipelineApps {
  const applied = new Set(deployments.filter((one) => !one.rendersOnly).map(({ path }) => path));
  const counted = deployments.filter(
    ({ rendersOnly, path, source }) =>
      !rendersOnly || (!applied.has(path) && typeof source !== 'string'),
  );
  const groups = grouped(counted);
  const names = distinctNames(groups.map(({ first }) => first));
  const keys = new Set<string>();
  const apps = groups.map((group, index) => {
    const name = names[index] ?? group.first.name;
    return appOf(root, group, { name, key: freeKey(root, group.first, name, keys), policies });
  });
  return { apps, isTaken: takenBy(counted) };
}

/** The folders themselves, and manifests below one that is applied with what is in it. */
function takenBy(deployments: readonly Deployment[]): PipelineApps['isTaken'] {
  const sources = deployments.flatMap(({ source }) =>
    typeof source === 'string' ? [] : singleSources(source),
  );
  const folders = new Set([
    ...deployments.flatMap(({ path }) => (path === undefined ? [] : [folderAt(path)])),
    ...deployments.flatMap(({ source }) =>
      typeof source === 'string' ? [] : sourceFolders(source),
    ),
  ]);
  const deep = sources.flatMap((one) =>
    one.kind === 'directory' && one.recurse ? [one.path] : [],
  );
  return (path, kind) =>
    folders.has(path) || (kind === 'Folder' && deep.some((folder) => isWithin(path, folder)));
}

function grouped(deployments: readonly Deployment[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const one of deployments) {
    const { kind, source, namespace, context, serverSideBy, edits } = one;
    // Without a source, the place is what makes it the same.
    const what = typeof source === 'string' ? [source, one.path, one.name] : source;
    const key = JSON.stringify([kind, what, namespace, context, serverSideBy, edits]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: one, all: [one] });
    else group.all.push(one);
  }
  return [...groups.values()];
}

/** A file takes the folder that it is in. */
function folderAt(path: string): string {
  return /\.(ya?ml|json)$/.test(path) ? parentOf(path) : path;
}

type Telling = (one: Deployment) => string;

/** What tells deployments of one name apart, the most telling first. */
const TELLING: readonly Telling[] = [
  ({ namespace = '' }) => namespace,
  ({ context = '' }) => context,
  ({ source }) =>
    typeof source !== 'string' && source.kind === 'helm'
      ? source.valueFiles.slice(-1).map(folderName).join('')
      : '',
  ({ path = '' }) => path,
  ({ job }) => asWritten(job).replace(/[()]/g, ''),
];

/** `web`, or where several are called so: `web (production)`. */
function distinctNames(all: readonly Deployment[]): readonly string[] {
  const byName = parted(all, ({ name }) => name);
  const names = new Map<Deployment, string>();
  for (const [name, alike] of byName) {
    for (const [one, told] of toldApart(alike, TELLING)) {
      names.set(one, told.length === 0 ? name : `${name} (${told.join(', ')})`);
    }
  }
  return all.map((one) => names.get(one) ?? one.name);
}

function parted<T>(all: readonly T[], by: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const parts = new Map<string, T[]>();
  for (const one of all) parts.set(by(one), [...(parts.get(by(one)) ?? []), one]);
  return parts;
}

/** The fewest words that tell each from the others. */
function toldApart(
  alike: readonly Deployment[],
  [tell, ...rest]: readonly Telling[],
): readonly (readonly [Deployment, readonly string[]])[] {
  // Lines move with every edit, their order seldom.
  if (tell === undefined) return alike.map((one, at) => [one, at === 0 ? [] : [`#${at + 1}`]]);
  if (alike.length === 1) return alike.map((one) => [one, []]);
  const parts = parted(alike, tell);
  return [...parts].flatMap(([word, part]) => {
    const own = parts.size === 1 || word === '' ? [] : [word];
    return toldApart(part, rest).map(([one, more]) => [one, [...own, ...more]] as const);
  });
}

function freeKey(
  root: string,
  { kind, path }: Deployment,
  name: string,
  taken: Set<string>,
): string {
  const base = `${root}#${path ?? ''}#${kind}/pipeline/${name}`;
  let key = base;
  for (let count = 2; taken.has(key); count += 1) key = `${base}/${count}`;
  taken.add(key);
  return key;
}

interface Naming {
  readonly name: string;
  readonly key: string;
  readonly policies: PipelinePolicies;
}

function appOf(root: string, { first, all }: Group, { name, key, policies }: Naming): App {
  const { kind, source, namespace = '', context, place } = first;
  return {
    key,
    kind,
    tool: 'push',
    namespace: '',
    name,
    definedIn: { root, ...place },
    presence: 'git',
    pipeline: pipelineOf(root, all),
    source:
      typeof source === 'string'
        ? { kind: 'unsupported', reason: source }
        : { kind: 'local', root, render: source },
    destination: {
      cluster: context === undefined ? { kind: 'unknown' } : { kind: 'context', name: context },
      namespace,
    },
    policy: policyOf(first, policies),
    problems: problemsOf(first),
  };
}

function policyOf(
  { kind, serverSideBy, forcesConflicts }: Deployment,
  { helm, kubectl }: PipelinePolicies,
): AppPolicy {
  const { stopsAtConflicts = true, ...forcing } = helm;
  if (kind === 'Chart') return forcesConflicts === true ? forcing : helm;
  if (serverSideBy === undefined) return kubectl;
  const policy = { ...kubectl, comparison: 'server-side', fieldManager: serverSideBy } as const;
  return forcesConflicts === true ? policy : { ...policy, stopsAtConflicts };
}

function pipelineOf(root: string, all: readonly Deployment[]): Pipeline {
  const steps = new Map(
    all.map(({ place, job, system }) => {
      const step: PipelineStep = {
        system: system as PipelineStep['system'],
        place: { root, ...place },
        job: asWritten(job),
      };
      return [JSON.stringify(step), step];
    }),
  );
  const unresolved = [...new Set(all.flatMap((one) => one.unresolved))];
  return {
    steps: [...steps.values()],
    ...given('rendersOnly', all.every((one) => one.rendersOnly) ? (true as const) : undefined),
    ...given('unresolved', unresolved),
    ...given('edits', all[0]?.edits),
  };
}

const MOST_NAMED = 5;

function problemsOf({ unresolved, notes, place, source }: Deployment): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem['severity'], code: string, message: string): void => {
    problems.push({ severity, code, message, location: place });
  };
  if (unresolved.length > 0 && typeof source !== 'string') {
    const named = unresolved.slice(0, MOST_NAMED).join(', ');
    const more =
      unresolved.length > MOST_NAMED ? ` and ${unresolved.length - MOST_NAMED} more` : '';
    const verb = unresolved.length === 1 ? 'is' : 'are';
    add(
      'info',
      'pipeline-unresolved',
      `${named}${more} ${verb} known only in a run of the pipeline; a placeholder stands for it.`,
    );
  }
  for (const note of new Set(notes)) add('warning', 'pipeline-note', note);
  return problems;
}

import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { UserError } from '../base/userError';
import type { Renderer } from '../model/ports';
import type { MissingReference, RenderOutcome, RenderSource, Snapshot } from '../model/render';
import { realPath } from './workspace';

export interface PathRequest {
  readonly cwd: string;
  readonly path: string;
  /** Top folder for references, where the path is in no Git repository. */
  readonly root?: string;
  readonly revision?: string;
  readonly values: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
}

/** Gets what a render lacked; true where a second render has more. */
export type FetchCharts = (
  snapshot: Snapshot,
  missing: readonly MissingReference[],
) => Promise<boolean>;

export interface PathRender {
  readonly root: string;
  readonly outcome: RenderOutcome;
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Values files reach the engine as unsaved files of its root, wherever they are. */
const VALUES_FOLDER = '.plumbline-values';

/**
 * A chart as `helm template --include-crds`, a kustomization as `kustomize build`, any other folder
 * as `kubectl apply -R -f` reads it.
 */
export async function renderPath(
  renderer: Renderer,
  request: PathRequest,
  signal: AbortSignal,
  fetch: FetchCharts = () => Promise.resolve(false),
): Promise<PathRender> {
  const full = realPath(request.cwd, request.path);
  const repository = await renderer.repository(full, signal);
  const root = repository?.topLevel ?? realPath(request.cwd, request.root ?? full);
  const path = below(root, full);
  const overlay = readValues(request);
  const snapshot: Snapshot = {
    root,
    overlay,
    ...(request.revision === undefined ? {} : { revision: request.revision }),
  };
  const source = await sourceAt(renderer, { snapshot, path, request }, signal);
  const wanted = { ...snapshot, source };
  const outcome = await renderer.render(wanted, signal);
  const isComplete = !(await fetch(snapshot, missingIn(outcome)));
  return { root, outcome: isComplete ? outcome : await renderer.render(wanted, signal) };
}

function missingIn(outcome: RenderOutcome): readonly MissingReference[] {
  if (outcome.kind === 'unavailable') return [];
  return outcome.kind === 'rendered' ? outcome.result.missing : outcome.missing;
}

function below(root: string, full: string): string {
  const path = relative(root, full).split(sep).join('/');
  if (path === '..' || path.startsWith('../')) {
    throw new UserError(`${full} is not below ${root}.`);
  }
  return path;
}

function readValues({ cwd, values }: PathRequest): Readonly<Record<string, string>> {
  const texts = values.map((file, index) => {
    try {
      return [`${VALUES_FOLDER}/${index}.yaml`, readFileSync(realPath(cwd, file), 'utf8')] as const;
    } catch {
      throw new UserError(`The values file ${file} cannot be read.`);
    }
  });
  return Object.fromEntries(texts);
}

interface Place {
  readonly snapshot: Snapshot;
  readonly path: string;
  readonly request: PathRequest;
}

async function sourceAt(
  renderer: Renderer,
  { snapshot, path, request }: Place,
  signal: AbortSignal,
): Promise<RenderSource> {
  const has = async (name: string): Promise<boolean> => {
    const file = path === '' ? name : `${path}/${name}`;
    const read = await renderer.read(snapshot, file, signal);
    if (read !== undefined && 'reason' in read) throw new UserError(read.reason);
    return read !== undefined;
  };
  if (await has('Chart.yaml')) return helmSource(path, request);
  if (request.values.length > 0)
    throw new UserError(`${request.path} is no chart: it takes no values.`);
  for (const name of KUSTOMIZATIONS) if (await has(name)) return { kind: 'kustomize', path };
  return { kind: 'directory', path, recurse: true };
}

/** Helm's own defaults for what is not said. */
function helmSource(path: string, { release, namespace, values }: PathRequest): RenderSource {
  return {
    kind: 'helm',
    path,
    releaseName: release ?? 'release-name',
    namespace: namespace ?? 'default',
    valueFiles: values.map((_, index) => `${VALUES_FOLDER}/${index}.yaml`),
    includeCrds: true,
  };
}

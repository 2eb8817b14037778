import type { AppState } from '../model/appState';
import type { OriginPlace } from '../model/origin';
import { OTHER_TREES } from '../model/remote';
import type { Snapshot, UsedRepository } from '../model/render';
import type { DocumentRequest, DocumentText, Refusal } from '../model/workbench';
import type { Core } from './core';
import { sourceRoot } from './core';
import { snapshotOf } from './discovery';
import { lastGood } from './renderRequests';

/** A file that a render read and that is none of the app's root to open: where it is, and its text. */
interface OtherFile {
  readonly file: Pick<OriginPlace, 'root' | 'path' | 'readOnly' | 'document'>;
  /** What it is in, for people; absent for a file of an open folder. */
  readonly within?: string;
}

/** Where a path of an origin is; `undefined` for a file of the app's own root. */
export function otherFile({ app, working }: AppState, path: string): OtherFile | undefined {
  const root = app.source.kind === 'local' ? app.source.root : '';
  const document = { kind: 'source', appKey: app.key, path } as const;
  const used = repositoryOf(working, path);
  if (used === undefined) {
    const within = archiveOf(path);
    return within === undefined
      ? undefined
      : { file: { root, path, readOnly: true, document }, within };
  }
  const below = path.slice(used.mount.length + 1);
  const at = { root: used.root ?? root, path: below };
  if (used.root !== undefined && used.commit === undefined) return { file: at };
  return { file: { ...at, readOnly: true, document }, within: repositoryWords(used) };
}

function repositoryOf(working: AppState['working'], path: string): UsedRepository | undefined {
  if (!path.startsWith(`${OTHER_TREES}/`)) return undefined;
  const rendered = working.kind === 'rendered' ? working.desired : lastGood(working).lastGood;
  return rendered?.repositories?.find(({ mount }) => path.startsWith(`${mount}/`));
}

/** The packed chart that a file is in. */
function archiveOf(path: string): string | undefined {
  const end = path.indexOf('.tgz/');
  return end < 0 ? undefined : path.slice(path.lastIndexOf('/', end) + 1, end + '.tgz'.length);
}

const SHORT_COMMIT = 7;

function repositoryWords({ url, ref, commit = '' }: UsedRepository): string {
  const name = url.replace(/\.git$/, '').replace(/^.*[/:]([^/:]+\/[^/:]+)$/, '$1');
  const at = commit.startsWith(ref) ? '' : ` at ${ref}`;
  return `${name}${at} ${commit.slice(0, SHORT_COMMIT)}`.trim();
}

/** The text of such a file as the render read it; of a Secret there is none. */
export async function sourceText(
  core: Core,
  state: AppState,
  { path }: Extract<DocumentRequest, { kind: 'source' }>,
): Promise<DocumentText | Refusal> {
  const snapshot = snapshotFor(core, state, path);
  if (snapshot === undefined) return refuse('The app no longer reads this file.');
  const { of, below } = snapshot;
  const read = await core.deps.renderer.read(of, below, core.lifetime.signal);
  if (read === undefined) return refuse('This file is not there any more.');
  if (!('text' in read)) return refuse(read.reason);
  if (SECRET.test(read.text)) return refuse('It holds a Secret, which is not shown.');
  return { text: read.text, label: otherFile(state, path)?.within ?? 'source' };
}

/** A manifest, or a template of one. */
const SECRET = /^\s*["']?kind["']?\s*:\s*["']?(Secret|SealedSecret)\b/m;

function snapshotFor(
  core: Core,
  { app, working }: AppState,
  path: string,
): { readonly of: Snapshot; readonly below: string } | undefined {
  const used = repositoryOf(working, path);
  if (used !== undefined) {
    const { url, ref, submodules, root, commit } = used;
    const below = path.slice(used.mount.length + 1);
    if (root !== undefined && commit !== undefined)
      return { of: { root, revision: commit }, below };
    const manner = submodules === undefined ? {} : { submodules };
    return { of: { root: '', fetched: { url, ref, ...manner } }, below };
  }
  const entry = sourceRoot(core, app);
  const isInside = archiveOf(path) !== undefined;
  return entry === undefined || !isInside ? undefined : { of: snapshotOf(entry), below: path };
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}

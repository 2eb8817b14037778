import type { AppKind } from '../model/app';
import type { FileEdit, RenderSource } from '../model/render';
import type { KustomizationFile } from './kustomizations';
import type { Place } from './ciJob';
import { asWritten, isKnown, outsideIn, unknownsIn } from './ciText';
import type { SourceTree } from './sourceTree';

/** What a command of a pipeline renders and applies. */
export interface Deployment {
  readonly kind: Extract<AppKind, 'Chart' | 'Overlay' | 'Folder'>;
  /** The release, or the folder. */
  readonly name: string;
  /** Folder or file below the root that it is made from; absent for what is in none. */
  readonly path: string | undefined;
  /** A sentence, where it cannot be rendered. */
  readonly source: RenderSource | string;
  readonly namespace?: string;
  readonly context?: string;
  /** `--server-side`: the name of the field manager. */
  readonly serverSideBy?: string;
  /** `--force-conflicts`: fields that others set are taken from them. */
  readonly forcesConflicts?: true;
  /** Nothing is applied. */
  readonly rendersOnly?: boolean;
  /** What only a run knows, as written. */
  readonly unresolved: readonly string[];
  /** What else is to be known, one sentence each. */
  readonly notes: readonly string[];
  /** What the job did to files before. */
  readonly edits?: readonly FileEdit[];
  readonly place: Place;
  readonly job: string;
  readonly system: string;
}

/** What commands are looked up in. */
export interface PipelineWorld {
  readonly tree: SourceTree;
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  /** Texts of pipelines, scripts and what they name, by path. */
  readonly text: (path: string) => string | undefined;
}

/** What the steps of a job leave for those after them. */
export interface Session {
  /** Of `helm repo add`: name → URL. */
  readonly repositories: Map<string, string>;
  /** Of `kustomize edit`: folder → its edits, in order. */
  readonly edits: Map<string, (readonly string[])[]>;
  /** Files that the job made: path → what made them. */
  readonly written: Map<string, Made>;
  /** Of these, and of files that it edited, what their text is now. */
  readonly texts: Map<string, FileText>;
  context?: string;
  namespace?: string;
}

/** What a command prints: objects of a source, or something that is not told. */
export type Made =
  | { readonly kind: 'source'; readonly deployment: Draft; readonly text?: FileText }
  /** `envsubst`, `sed`, a here-document: one sentence. */
  | { readonly kind: 'other'; readonly reason: string; readonly path?: string };

/** The text of a file of the repository after some programs. */
export type FileText = Pick<FileEdit, 'from' | 'steps'>;

/** A deployment before it is known who applies it. */
export type Draft = Pick<
  Deployment,
  | 'kind'
  | 'name'
  | 'path'
  | 'source'
  | 'unresolved'
  | 'notes'
  | 'namespace'
  | 'context'
  | 'edits'
  | 'forcesConflicts'
>;

export function createSession(): Session {
  return { repositories: new Map(), edits: new Map(), written: new Map(), texts: new Map() };
}

/** The sentence for something without which nothing can be rendered. */
export function openSentence(what: string, text: string): string | undefined {
  if (isKnown(text)) return undefined;
  const path = outsideIn(text);
  return path === undefined
    ? `${what} ${asWritten(text)} is known only in a run.`
    : `${what} ${path} is outside the repository.`;
}

/** The unknown parts of texts, each once. */
export function openParts(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap(unknownsIn))];
}

import type { AppState, Rendered } from './appState';
import { mannerOf } from './remote';
import type { GitReference } from './remote';

/** Something from outside of the root that the objects of an app were made with. */
export interface Provenance {
  readonly kind: 'chart' | 'repository' | 'file';
  /** A chart's name, or an address. */
  readonly name: string;
  /** Where a chart is from. */
  readonly repository?: string;
  /** The version of a chart, the ref of a repository. */
  readonly version?: string;
  /** `sha256:…` of a chart's archive or a file, the commit of a repository. */
  readonly digest?: string;
  /** ISO 8601: when the reference meant this. */
  readonly fetchedAt?: string;
  /** The open folder that was read in place of a fetch. */
  readonly root?: string;
  /** What to fetch of a repository. */
  readonly git?: GitReference;
}

/** What the last render that worked took from elsewhere, as the engine tells it. */
export function provenanceOf({ working }: AppState): readonly Provenance[] {
  if (working.kind === 'rendered') return provenance(working.desired);
  const last = 'lastGood' in working ? working.lastGood : undefined;
  return last === undefined ? [] : provenance(last);
}

function provenance({ charts = [], repositories = [], files = [] }: Rendered): Provenance[] {
  return [
    ...charts
      .filter(({ dependency }) => dependency !== true)
      .map(({ dependency: _, ...chart }) => ({ kind: 'chart' as const, ...chart })),
    ...repositories.map(({ url, ref, commit, fetchedAt, root, ...rest }) => ({
      kind: 'repository' as const,
      name: url,
      version: ref === '' ? 'HEAD' : ref,
      ...(commit === undefined ? {} : { digest: commit }),
      ...(fetchedAt === undefined ? {} : { fetchedAt }),
      ...(root === undefined ? {} : { root }),
      git: { url, ref, ...mannerOf(rest) },
    })),
    ...files.map(({ url, ...rest }) => ({ kind: 'file' as const, name: url, ...rest })),
  ];
}

const SHOWN_DIGITS = 12;

/** `With chart web 1.4.0, sha256:0123456789ab, fetched 2026-01-02 03:04`. */
export function provenanceWords(one: Provenance): string {
  const named = [one.kind === 'repository' ? undefined : one.kind, one.name, one.version];
  const digest = one.digest?.replace(/[0-9a-f]{13,}$/, (digits) => digits.slice(0, SHOWN_DIGITS));
  const when = one.fetchedAt?.replace(/^(\S+)T(\d\d:\d\d).*$/, 'fetched $1 $2');
  const from = one.root === undefined ? when : `of the open folder ${one.root}`;
  const what = named.filter((word) => word !== undefined && word !== '').join(' ');
  return `With ${[what, digest, from].filter((word) => word !== undefined).join(', ')}`;
}

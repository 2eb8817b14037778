import { definedFields, listAt, recordAt, textAt } from '../model/fields';
import type { Access, ListRequest } from '../model/cluster';
import type { KubeObject } from '../model/resource';
import { collectionPath, isPathSegment, subjectOf, withQuery } from './paths';
import type { Rest } from './rest';

/** client-go's page size; the answer of one page stays small enough to parse at once. */
const PAGE_SIZE = 500;

export interface Collection extends ListRequest {
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  /** What it refuses is dropped page by page. */
  readonly keeps?: (namespace: string, name: string) => boolean;
}

export interface Listed {
  readonly objects: readonly KubeObject[];
  /** What a watch goes on from; empty where the server does not tell. */
  readonly version: string;
}

/** The whole of a collection, page by page. */
export async function listPages(
  rest: Rest,
  collection: Collection,
  signal: AbortSignal,
): Promise<Access<Listed>> {
  const objects: KubeObject[] = [];
  let token: string | undefined = '';
  let version = '';
  while (token !== undefined) {
    const page: Page | ExpiredPage = await readPage(
      rest,
      collection,
      { token, limit: PAGE_SIZE },
      signal,
    );
    // client-go's pager: an expired continue token leads to one list without pages.
    if (page.kind === 'expired') return listWhole(rest, collection, signal);
    if (page.kind !== 'ok') return page;
    objects.push(...page.value.objects);
    version = page.value.version;
    token = page.value.next;
  }
  return { kind: 'ok', value: { objects, version } };
}

async function listWhole(
  rest: Rest,
  collection: Collection,
  signal: AbortSignal,
): Promise<Access<Listed>> {
  const page = await readPage(rest, collection, { token: '', limit: 0 }, signal);
  if (page.kind === 'expired') return unexpected('The API server ended the list early.');
  return page;
}

interface PageContent extends Listed {
  readonly next?: string;
}
type Page = Access<PageContent>;
interface ExpiredPage {
  readonly kind: 'expired';
}

/** `meta.k8s.io`: what a list has but its content. */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

async function readPage(
  rest: Rest,
  collection: Collection,
  place: { readonly token: string; readonly limit: number },
  signal: AbortSignal,
): Promise<Page | ExpiredPage> {
  const { kind, namespace } = collection;
  const { path, refusal } = pathOf(collection, {
    limit: place.limit === 0 ? undefined : String(place.limit),
    continue: place.token,
  });
  if (refusal !== undefined) return refusal;
  const accept = collection.metadataOnly === true ? METADATA_LIST : 'application/json';
  const subject = subjectOf('list', kind, namespace ?? '');
  const answer = await rest.send({ method: 'GET', path, headers: { accept }, subject }, signal);
  if (answer.kind === 'failed' && answer.status === 410) return { kind: 'expired' };
  return answer.kind === 'ok'
    ? { kind: 'ok', value: pageOf(answer.value.value, collection) }
    : answer;
}

type PathOrRefusal =
  | { readonly path: string; readonly refusal?: undefined }
  | { readonly path: ''; readonly refusal: Access<never> };

/** Where a collection is, with its selectors and what else is asked. */
export function pathOf(
  { kind, namespace, labelSelector, fieldSelector }: Collection,
  query: Readonly<Record<string, string | undefined>>,
): PathOrRefusal {
  if (namespace !== undefined && !isPathSegment(namespace)) {
    const sentence = `${JSON.stringify(namespace)} cannot be the name of an object or a namespace.`;
    return { path: '', refusal: unexpected(sentence) };
  }
  const selectors = { labelSelector, fieldSelector };
  return { path: withQuery(collectionPath(kind, namespace), { ...selectors, ...query }) };
}

function pageOf(list: unknown, collection: Collection): PageContent {
  const { kind, keeps, metadataOnly } = collection;
  // Of metadata alone the list says another type than that of its objects.
  const apiVersion =
    metadataOnly === true
      ? [kind.group, kind.version].filter((part) => part !== '').join('/')
      : (textAt(list, 'apiVersion') ?? '');
  const objects = listAt(list, 'items').flatMap((item) =>
    typedItem(item, { apiVersion, kind: kind.kind, force: metadataOnly === true }, keeps),
  );
  const version = textAt(list, 'metadata', 'resourceVersion') ?? '';
  const next = textAt(list, 'metadata', 'continue') ?? '';
  return next === '' ? { objects, version } : { objects, version, next };
}

/** Items of built-in lists come without their type. */
function typedItem(
  item: unknown,
  type: { readonly apiVersion: string; readonly kind: string; readonly force: boolean },
  keeps: Collection['keeps'],
): readonly KubeObject[] {
  const record = recordAt(item);
  const metadata = recordAt(item, 'metadata');
  if (record === undefined || metadata === undefined) return [];
  const { apiVersion, kind } = type;
  const name = textAt(metadata, 'name') ?? '';
  if (keeps !== undefined && !keeps(textAt(metadata, 'namespace') ?? '', name)) return [];
  return [
    type.force
      ? { apiVersion, kind, metadata: nameAndVersion(metadata) }
      : { apiVersion, kind, ...record, metadata },
  ];
}

/** Annotations can hold what the object does (`last-applied-configuration`): they go at once. */
export function nameAndVersion(metadata: unknown): KubeObject['metadata'] {
  return definedFields({
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    uid: textAt(metadata, 'uid'),
    resourceVersion: textAt(metadata, 'resourceVersion'),
  });
}

function unexpected(message: string): Access<never> {
  return { kind: 'failed', status: 0, message };
}

import type { DocumentRequest } from '../model/workbench';
import { SCHEMES } from './ids';

/** The parts of a URI, as `vscode.Uri.from` takes them. */
export interface DocumentUriParts {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}

const RESOURCE_KINDS = ['live', 'desired', 'target', 'working'] as const;

/**
 * The whole request is in the URI, so that a restored tab can be computed again. `title` is what tabs
 * and breadcrumbs show (the label formatters of the manifest read it); its end gives the document its
 * language (`DOCUMENT_NAMES`).
 */
export function documentUri(request: DocumentRequest, title: string): DocumentUriParts {
  return {
    scheme: schemeOf(request),
    path: `/${fileName(title)}`,
    query: JSON.stringify({ title, ...request }),
  };
}

/** `undefined` when the URI is not one that `documentUri` makes. */
export function documentRequest(uri: {
  readonly scheme: string;
  readonly query: string;
}): DocumentRequest | undefined {
  const request = parse(uri.query);
  if (request === undefined || schemeOf(request) !== uri.scheme) return undefined;
  return request;
}

function parse(query: string): DocumentRequest | undefined {
  const data = parseRecord(query);
  if (data?.['kind'] === 'stray') return ofStray(data);
  const appKey = data?.['appKey'];
  if (data === undefined || typeof appKey !== 'string') return undefined;
  return ofApp(appKey, data) ?? ofResource(appKey, data);
}

function ofStray({
  cluster,
  resource,
}: Readonly<Record<string, unknown>>): DocumentRequest | undefined {
  if (typeof cluster !== 'string' || typeof resource !== 'string') return undefined;
  return { kind: 'stray', cluster, resource };
}

function ofApp(
  appKey: string,
  { kind, path }: Readonly<Record<string, unknown>>,
): DocumentRequest | undefined {
  if (kind === 'rendered') return { kind, appKey };
  return kind === 'source' && typeof path === 'string' ? { kind, appKey, path } : undefined;
}

function ofResource(
  appKey: string,
  data: Readonly<Record<string, unknown>>,
): DocumentRequest | undefined {
  const kind = RESOURCE_KINDS.find((name) => name === data['kind']);
  const { resource } = data;
  if (kind === undefined || typeof resource !== 'string') return undefined;
  return { kind, appKey, resource };
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function schemeOf(request: DocumentRequest): string {
  switch (request.kind) {
    case 'live':
    case 'stray':
      return SCHEMES.live;
    case 'desired':
    case 'target':
    case 'working':
    case 'source':
      return SCHEMES.git;
    case 'rendered':
      return SCHEMES.rendered;
  }
}

/** A title as one path segment: separators and control characters would change the document's name. */
function fileName(title: string): string {
  return title.replace(/[\\/\p{Cc}]+/gu, ' ').trim() || 'object';
}

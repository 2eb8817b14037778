import * as vscode from 'vscode';
import { documentRequest } from '../host/documentUri';
import type { Target } from '../host/targets';
import { targetOf } from '../host/targets';
import type { CommandArgument } from './command';

/** Menus hand over rows or URIs, hovers hand over URIs as plain data, the palette nothing. */
export function argumentOf(first: unknown): CommandArgument {
  const uri = uriOf(first);
  if (uri !== undefined) {
    const target = targetOfDocument(uri);
    return target === undefined ? { uri } : { uri, target };
  }
  const row: unknown = isNode(first) ? first.row : first;
  const target = targetOf(row);
  return target === undefined ? {} : { target };
}

/** The object or app that a read-only document shows. */
function targetOfDocument(uri: vscode.Uri): Target | undefined {
  const request = documentRequest(uri);
  if (request === undefined) return undefined;
  if (request.kind === 'stray') return { kind: 'cluster', cluster: request.cluster };
  return request.kind === 'rendered' || request.kind === 'source'
    ? { kind: 'app', appKey: request.appKey }
    : { kind: 'resource', appKey: request.appKey, resource: request.resource };
}

function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { scheme, path } = value as { readonly scheme?: unknown; readonly path?: unknown };
  return typeof scheme === 'string' && typeof path === 'string'
    ? vscode.Uri.from(value as { readonly scheme: string; readonly path: string })
    : undefined;
}

function isNode(value: unknown): value is { readonly row: unknown } {
  return typeof value === 'object' && value !== null && 'row' in value;
}

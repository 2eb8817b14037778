import { toPointer } from '../base/pointer';
import type { LogicalCluster, RepositoryConfig } from '../model/config';
import type { Problem } from '../model/problem';
import type { ParsedFile } from '../model/render';
import type { Json, JsonObject } from '../model/resource';
import { createLocator } from '../yaml/locate';
import { argoConfig } from './argoConfig';
import { CONFIG_PATH } from './candidates';
import { fieldAt, flagAt, isObject, listAt, textAt, textsAt } from './fields';

export interface ConfigReading {
  readonly config: RepositoryConfig;
  readonly problems: readonly Problem[];
}

type Report = (message: string, pointer: string) => void;

const CLUSTER_KEYS = ['name', 'destinations', 'folders', 'protected'];

/**
 * Reads `.plumbline.yaml`. What is wrong is a problem at its line and left out; the rest counts.
 * `text` is the source, for exact lines; without it problems stand at the document.
 */
export function readConfig(file: ParsedFile | undefined, text?: string): ConfigReading {
  const document = file?.documents[0];
  if (document === undefined) return { config: { clusters: [] }, problems: [] };
  const problems: Problem[] = [];
  const locator = text === undefined ? undefined : createLocator(text);
  const report: Report = (message, pointer) => {
    const place = locator?.locate(0, pointer);
    problems.push({
      severity: 'warning',
      code: 'plumbline-config',
      message,
      pointer,
      location: { path: CONFIG_PATH, ...(place ?? { line: document.line }) },
    });
  };
  noteUnknownKeys(document.value, { known: ['clusters', 'argocd'], pointer: '', report });
  const clusters = clustersOf(document.value, report);
  const argocd = argoConfig(document.value, report);
  return { config: { clusters, ...(argocd === undefined ? {} : { argocd }) }, problems };
}

function clustersOf(value: JsonObject, report: Report): readonly LogicalCluster[] {
  if (value['clusters'] !== undefined && !Array.isArray(value['clusters'])) {
    report('clusters must be a list.', '/clusters');
  }
  const names = new Set<string>();
  return listAt(value, 'clusters').flatMap((entry, index) => {
    const pointer = `/clusters/${index}`;
    const name = isObject(entry) ? textAt(entry, 'name') : undefined;
    if (!isObject(entry) || name === undefined) {
      report('A cluster needs a name.', pointer);
      return [];
    }
    if (names.has(name)) report(`The cluster ${name} is listed twice.`, `${pointer}/name`);
    names.add(name);
    return [clusterOf(entry, { name, pointer, report })];
  });
}

function clusterOf(
  entry: JsonObject,
  { name, pointer, report }: { name: string; pointer: string; report: Report },
): LogicalCluster {
  noteUnknownKeys(entry, { known: CLUSTER_KEYS, pointer, report });
  for (const field of ['destinations', 'folders']) {
    if (!isTextList(fieldAt(entry, field))) {
      report(`${field} must be a list of texts.`, `${pointer}/${field}`);
    }
  }
  const guard = fieldAt(entry, 'protected');
  if (guard !== undefined && typeof guard !== 'boolean') {
    report(
      'protected must be true or false; the cluster is taken as protected.',
      `${pointer}/protected`,
    );
  }
  return {
    name,
    destinations: textsAt(entry, 'destinations'),
    folders: textsAt(entry, 'folders'),
    protected: flagAt(entry, 'protected') || (guard !== undefined && guard !== false),
  };
}

function isTextList(value: Json | undefined): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function noteUnknownKeys(
  value: JsonObject,
  { known, pointer, report }: { known: readonly string[]; pointer: string; report: Report },
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    report(
      `${key} is not known here; known are ${known.join(', ')}.`,
      `${pointer}${toPointer([key])}`,
    );
  }
}

import { availableParallelism, homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ContextRef } from '../model/cluster';
import type { Settings } from '../model/config';
import type { FetchMode } from '../model/fetch';
import { SETTINGS } from './ids';

const MEGABYTE = 1024 * 1024;
const ANY_CLUSTER = '*';
const MOST_ENGINES_BY_DEFAULT = 4;
/** Values of `plumbline.fetch`, as the manifest lists them. */
export const FETCH_MODES: readonly FetchMode[] = ['automatic', 'onDemand', 'never'];

export type ConnectMode = 'onExpand' | 'onOpen' | 'onCommand';

/** Settings that only the editor has. */
export interface EditorSettings {
  readonly whileTyping: boolean;
  readonly codeLens: boolean;
  readonly gutterMarks: boolean;
  readonly problemsScope: 'openAndChanged' | 'all';
  readonly detectHelm: boolean;
  /** By logical cluster; `*` stands for all others. */
  readonly connect: Readonly<Record<string, ConnectMode>>;
  /** For login programs; `null` takes a variable away. */
  readonly environment: Readonly<Record<string, string | null>>;
}

export interface Configuration {
  /** The value in force. */
  get(key: string): unknown;
  /** Values of every scope that sets it, so that a list of protections only ever grows. */
  all(key: string): readonly unknown[];
}

export interface Surroundings {
  readonly kubeconfigVariable: string | undefined;
  readonly home: string;
  readonly cores: number;
}

export function surroundings(): Surroundings {
  return {
    kubeconfigVariable: process.env['KUBECONFIG'],
    home: homedir(),
    cores: availableParallelism(),
  };
}

/** Values of the wrong type count as absent: users edit settings by hand. */
export function coreSettings(configuration: Configuration, around: Surroundings): Settings {
  const read = (key: string): unknown => configuration.get(key);
  return {
    contexts: contextsOf(read(SETTINGS.contexts)),
    assignments: textRecord(read(SETTINGS.assignments)),
    kubeconfigs: kubeconfigsOf(texts(read(SETTINGS.kubeconfigs)), around),
    protectedClusters: [
      ...new Set(configuration.all(SETTINGS.protectedClusters).flatMap((value) => texts(value))),
    ],
    maxEngines: enginesOf(read(SETTINGS.maxEngines), around.cores),
    renderTimeoutMs:
      numberIn(read(SETTINGS.engineTimeout), { least: 1, most: 600, otherwise: 30 }) * 1000,
    renderMemoryLimitBytes:
      numberIn(read(SETTINGS.engineMemory), { least: 128, most: 16_384, otherwise: 1024 }) *
      MEGABYTE,
    fetchAllowed: fetchModeOf(read(SETTINGS.fetch)) !== 'never',
    fetchMode: fetchModeOf(read(SETTINGS.fetch)),
  };
}

export function editorSettings(configuration: Configuration): EditorSettings {
  const read = (key: string): unknown => configuration.get(key);
  return {
    whileTyping: read(SETTINGS.whileTyping) === true,
    codeLens: read(SETTINGS.codeLens) !== false,
    gutterMarks: read(SETTINGS.gutterMarks) !== false,
    problemsScope: read(SETTINGS.problems) === 'all' ? 'all' : 'openAndChanged',
    detectHelm: read(SETTINGS.helmLanguage) !== false,
    connect: connectModes(read(SETTINGS.connect)),
    environment: variablesOf(read(SETTINGS.environment)),
  };
}

export function connectMode(settings: EditorSettings, cluster: string): ConnectMode {
  return settings.connect[cluster] ?? settings.connect[ANY_CLUSTER] ?? 'onExpand';
}

/** The setting, else the variable that kubectl reads, else kubectl's default place. */
function kubeconfigsOf(setting: readonly string[], around: Surroundings): readonly string[] {
  if (setting.length > 0) return setting.map((path) => underHome(path, around.home));
  const listed = (around.kubeconfigVariable ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? listed : [join(around.home, '.kube', 'config')];
}

/** 0, the default of the setting, stands for one engine a core, within reason. */
function enginesOf(value: unknown, cores: number): number {
  const asked = numberIn(value, { least: 0, most: 16, otherwise: 0 });
  return asked > 0 ? asked : Math.max(1, Math.min(cores, MOST_ENGINES_BY_DEFAULT));
}

function fetchModeOf(value: unknown): FetchMode {
  return FETCH_MODES.find((mode) => mode === value) ?? 'onDemand';
}

function underHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

function contextsOf(value: unknown): Readonly<Record<string, ContextRef>> {
  const entries = Object.entries(record(value)).flatMap(([cluster, ref]) => {
    const { file, name } = record(ref);
    return typeof file === 'string' && typeof name === 'string' ? [[cluster, { file, name }]] : [];
  });
  return Object.fromEntries(entries) as Record<string, ContextRef>;
}

function variablesOf(value: unknown): Readonly<Record<string, string | null>> {
  const entries = Object.entries(record(value)).filter(
    (entry): entry is [string, string | null] =>
      entry[0] !== '' && (typeof entry[1] === 'string' || entry[1] === null),
  );
  return Object.fromEntries(entries);
}

function connectModes(value: unknown): Readonly<Record<string, ConnectMode>> {
  const modes: readonly ConnectMode[] = ['onExpand', 'onOpen', 'onCommand'];
  const entries = Object.entries(record(value)).flatMap(([cluster, mode]) => {
    const known = modes.find((one) => one === mode);
    return known === undefined ? [] : [[cluster, known] as const];
  });
  return Object.fromEntries(entries);
}

function textRecord(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && item !== '')
    : [];
}

function numberIn(
  value: unknown,
  range: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return range.otherwise;
  return Math.min(range.most, Math.max(range.least, Math.round(value)));
}

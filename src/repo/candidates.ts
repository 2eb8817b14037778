import { ancestorsOf, baseNameOf, parentOf } from './paths';
import {
  chartFolders,
  environmentOf,
  isInsideChart,
  isKustomizationFile,
  isOverridesFile,
} from './sourceTree';

export const CONFIG_PATH = '.plumbline.yaml';

/** Folders of tools, never of manifests. */
const TOOL_FOLDERS: ReadonlySet<string> = new Set([
  '.git',
  '.github',
  '.gitlab',
  '.circleci',
  '.devcontainer',
  '.idea',
  '.vscode',
  'node_modules',
]);
/** JSON that every JavaScript project has, often large, never a manifest. */
const TOOL_FILES = /^(package(-lock)?|tsconfig.*|composer|renovate|\.?eslintrc.*)\.json$/;

/**
 * Which of the listed paths discovery needs parsed: YAML and JSON that can hold manifests,
 * kustomizations, Chart.yaml, what Argo CD lays over a source, and `.plumbline.yaml`. Templates, parts and values of charts are left
 * out: their text is no manifest, and their existence alone matters.
 */
export function parseCandidates(paths: readonly string[]): readonly string[] {
  const charts = chartFolders(paths);
  return paths.filter(
    (path) => path === CONFIG_PATH || isOverridesFile(path) || isCandidate(path, charts),
  );
}

function isCandidate(path: string, charts: ReadonlySet<string>): boolean {
  const name = baseNameOf(path);
  if (isKustomizationFile(path)) return !isInsideChart(path, charts);
  if (!/\.(ya?ml|json)$/.test(name) || name.startsWith('.') || TOOL_FILES.test(name)) return false;
  if (isToolPath(path) || isInsideChart(path, charts)) return false;
  return !(charts.has(parentOf(path)) && isValuesFile(name));
}

function isToolPath(path: string): boolean {
  return ancestorsOf(path).some((folder) => TOOL_FOLDERS.has(baseNameOf(folder)));
}

/** The base values, values of an environment, and the schema of values. */
export function isValuesFile(name: string): boolean {
  return /^values\.(ya?ml|schema\.json)$/.test(name) || environmentOf(name) !== undefined;
}

import { isAzurePipeline } from './ciAzure';
import { isGithubWorkflow } from './ciGithub';
import { GITLAB_PATHS } from './ciGitlab';
import { isJenkinsfile } from './ciJenkins';
import { isMakefile } from './ciMake';
import { baseNameOf } from './paths';

/** The files in which the pipelines of a repository start. */
export function pipelinePaths(paths: readonly string[]): readonly string[] {
  return paths.filter(isPipeline);
}

export function isPipeline(path: string): boolean {
  return (
    isGithubWorkflow(path) ||
    GITLAB_PATHS.includes(path) ||
    isAzurePipeline(path) ||
    isJenkinsfile(path)
  );
}

const SCRIPT = /\.(sh|bash|mk)$/;
const HELMFILE = /^helmfile([-._].*)?\.ya?ml(\.gotmpl)?$/;
const MOST_TEXTS = 400;

/**
 * Paths of which discovery needs the text beside what it has: pipelines, and what the texts that are
 * known name: scripts, makefiles, helmfiles, included files and composite actions. Asked again with
 * those, until nothing more is named.
 */
export function pipelineTexts(
  paths: readonly string[],
  known: ReadonlyMap<string, string>,
): readonly string[] {
  const first = pipelinePaths(paths);
  if (first.length === 0) return [];
  const wanted = new Set(first);
  const byName = known.size === 0 ? new Map<string, string[]>() : nameable(paths);
  for (const [path, text] of known) {
    for (const found of namedIn(text, byName)) if (found !== path) wanted.add(found);
  }
  return [...wanted].filter((path) => !known.has(path)).slice(0, MOST_TEXTS - known.size);
}

/** File name → paths that a pipeline can name by it. */
function nameable(paths: readonly string[]): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const name = baseNameOf(path);
    const isText =
      SCRIPT.test(name) ||
      isMakefile(name) ||
      HELMFILE.test(name) ||
      /\.ya?ml$/.test(name) ||
      !name.includes('.');
    if (isText) found.set(name, [...(found.get(name) ?? []), path]);
  }
  return found;
}

/** Words that look like the path of a file. */
const PATH = /[\w@.-]*(?:\/[\w@.*-]+)+|[\w-]+\.(?:sh|bash|mk|ya?ml)\b/g;
const MOST_ALIKE = 20;

function namedIn(text: string, byName: ReadonlyMap<string, string[]>): readonly string[] {
  const found = [...new Set(text.match(PATH) ?? [])].flatMap((word) => pathsOf(word, text, byName));
  if (/\bmake\b/.test(text))
    for (const name of byName.keys()) if (isMakefile(name)) found.push(...few(byName, name));
  if (/\bhelmfile\b/.test(text)) {
    for (const name of byName.keys()) if (HELMFILE.test(name)) found.push(...few(byName, name));
  }
  return found;
}

function few(byName: ReadonlyMap<string, string[]>, name: string): readonly string[] {
  return (byName.get(name) ?? []).slice(0, MOST_ALIKE);
}

/** A path may be written from any folder: what ends like it counts. */
function pathsOf(
  word: string,
  text: string,
  byName: ReadonlyMap<string, string[]>,
): readonly string[] {
  const written = word.replace(/^(\.{0,2}\/)+/, '').replace(/\/$/, '');
  const name = baseNameOf(written);
  if (name.includes('*')) return isIncluded(word, text) ? globbed(name, byName) : [];
  const ends = (path: string): boolean => endsAlike(path, written);
  const direct = few(byName, name).filter(ends);
  const isYaml = /\.ya?ml$/.test(name);
  if (!isYaml || isIncluded(word, text)) {
    return [...direct, ...actionsIn(written, byName)];
  }
  return [];
}

function actionsIn(folder: string, byName: ReadonlyMap<string, string[]>): readonly string[] {
  return ['action.yml', 'action.yaml'].flatMap((name) =>
    (byName.get(name) ?? []).filter((path) => isOrEnds(`${folder}/${name}`, path)),
  );
}

/** The repository can be below the folder that a path is written from, too. */
function endsAlike(path: string, written: string): boolean {
  return isOrEnds(path, written) || isOrEnds(written, path);
}

function isOrEnds(path: string, end: string): boolean {
  return path === end || path.endsWith(`/${end}`);
}

function globbed(name: string, byName: ReadonlyMap<string, string[]>): readonly string[] {
  const end = name.slice(name.lastIndexOf('*') + 1);
  return [...byName].flatMap(([one, paths]) =>
    one.endsWith(end) ? paths.slice(0, MOST_ALIKE) : [],
  );
}

/** YAML is read where it is included; values and manifests are the engine's. */
function isIncluded(word: string, text: string): boolean {
  for (let at = text.indexOf(word), seen = 0; at >= 0 && seen < MOST_ALIKE; seen += 1) {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
    if (/(^|[\s{,-])(local|template|include|uses|file)\s*:\s*\[?\s*["']?[^\s"']*$/.test(line))
      return true;
    if (/^\s*-\s*["']?$/.test(line) && /(^|\n)include\s*:/.test(text)) return true;
    if (/helmfile\b[^\n]*$/.test(line)) return true;
    at = text.indexOf(word, at + word.length);
  }
  return false;
}

import type { PipelineStep } from '../model/app';
import type { YamlText } from '../yaml/tree';
import type { Variables } from './ciRun';

/** One job of a pipeline, with the values of its matrix filled in. */
export interface PipelineJob {
  readonly system: PipelineStep['system'];
  readonly label: string;
  /** In the order in which they run. */
  readonly steps: readonly JobStep[];
}

/**
 * Made when it is its turn: earlier steps can set variables of the job (`$GITHUB_ENV`), which stand
 * in for those of the file.
 */
export type JobStep = (set: ReadonlyMap<string, string>) => StepRun | undefined;

/** A script that runs in a shell of its own, or one command of a task. */
export interface StepRun {
  readonly script: string | { readonly words: readonly string[] };
  readonly place: (offset: number) => Place;
  /** Below the root; unknown where only a run knows it. */
  readonly folder: string;
  readonly variables: Variables;
  /** What the step does beside: one sentence each, for all that it deploys. */
  readonly notes?: readonly string[];
}

/** A line of a file below the root. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

/** The source lines of a script that stands in a YAML file, by offset in its text. */
export function placeIn(path: string, source: YamlText, text: string): StepRun['place'] {
  if (!source.isBlock) return () => ({ path, line: source.line });
  return (offset) => ({ path, line: source.line + countLines(text, offset) });
}

export function countLines(text: string, offset: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}

/** Several scripts that run in one shell, one after the other. */
export function joinedScripts(
  path: string,
  parts: readonly { readonly source: YamlText; readonly text: string }[],
  fileOf: (source: YamlText) => string,
): Pick<StepRun, 'script' | 'place'> {
  const starts: { readonly from: number; readonly place: StepRun['place'] }[] = [];
  let script = '';
  for (const { source, text } of parts) {
    starts.push({ from: script.length, place: placeIn(fileOf(source), source, text) });
    script += `${text}\n`;
  }
  return {
    script,
    place: (offset) => {
      const part = starts.findLast(({ from }) => from <= offset);
      return part?.place(offset - part.from) ?? { path, line: 1 };
    },
  };
}

const MOST_COMBINATIONS = 256;

/** Every combination of the values of each axis. */
export function combinations<T>(
  axes: readonly (readonly [string, readonly T[]])[],
): readonly ReadonlyMap<string, T>[] {
  let all: readonly ReadonlyMap<string, T>[] = [new Map()];
  for (const [name, values] of axes) {
    all = all
      .flatMap((known) => values.map((value) => new Map([...known, [name, value]])))
      .slice(0, MOST_COMBINATIONS);
  }
  return all;
}

import type { App, PipelineStep } from '../model/app';
import { plural, when } from './words';

const MOST_STEPS = 3;
const MOST_NAMES = 5;

/** Which pipelines deploy an app, and what only their runs know: nothing for other apps. */
export function pipelineLines(app: App): readonly (string | undefined)[] {
  const { pipeline, destination, destinationCluster } = app;
  if (pipeline === undefined) return [];
  const { steps, rendersOnly, unresolved = [] } = pipeline;
  const more = steps.length - MOST_STEPS;
  const { cluster } = destination;
  return [
    when(rendersOnly === true, 'Only rendered there: nothing in the repository applies it'),
    ...steps.slice(0, MOST_STEPS).map(stepWords),
    when(more > 0, `and by ${plural(more, 'step')} more`),
    cluster.kind === 'context' && destinationCluster === undefined
      ? `The pipeline calls its cluster ${cluster.name}`
      : undefined,
    when(unresolved.length > 0, `Known only in a run: ${namesOf(unresolved)}`),
  ];
}

function stepWords({ system, job, place }: PipelineStep): string {
  const line = place.line === undefined ? '' : `:${place.line}`;
  return `By ${system}, job ${job}, ${place.path}${line}`;
}

function namesOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

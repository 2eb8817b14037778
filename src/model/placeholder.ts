/** What a render has where only a run of the pipeline knows the value: `<pipeline:GITHUB_SHA>`. */
const PIPELINE_VALUE = /<pipeline:[^<>]+>/;

export function holdsPipelineValue(text: string): boolean {
  return PIPELINE_VALUE.test(text);
}

export function pipelinePlaceholder(name: string): string {
  return `<pipeline:${name}>`;
}

import type { AppSource } from './app';
import type { RenderSource } from './render';

const HIDDEN = '••••••';

/** A source as it may be shown: without the values of Secrets that its render needs. */
export function withoutSecretValues(source: AppSource): AppSource {
  return source.kind === 'local' ? { ...source, render: hidden(source.render) } : source;
}

function hidden(render: RenderSource): RenderSource {
  if (render.kind === 'helm' && render.valuesFrom !== undefined) {
    const valuesFrom = render.valuesFrom.map((entry) =>
      entry.kind === 'Secret' && entry.text !== undefined ? { ...entry, text: HIDDEN } : entry,
    );
    return { ...render, valuesFrom };
  }
  if (render.kind === 'flux' && render.secretVariables !== undefined) {
    const masked = render.secretVariables.map((name) => [name, HIDDEN] as const);
    return { ...render, variables: { ...render.variables, ...Object.fromEntries(masked) } };
  }
  return render;
}

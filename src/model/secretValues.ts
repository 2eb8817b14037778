import type { AppSource } from './app';
import type { RenderSource, SingleSource } from './render';
import { singleSources } from './render';

const HIDDEN = '••••••';

/** A source as it may be shown: without the values of Secrets that its render needs. */
export function withoutSecretValues(source: AppSource): AppSource {
  if (source.kind === 'unsupported' || source.render === undefined) return source;
  return { ...source, render: hidden(source.render) };
}

/** Whether values of Secrets go into what a source renders, wherever they come out. */
export function holdsSecretValues(source: RenderSource): boolean {
  return source.secret === true || singleSources(source).some(holdsSecrets);
}

function holdsSecrets(source: SingleSource): boolean {
  if (source.secret === true) return true;
  if (source.kind === 'flux') return (source.secretVariables ?? []).length > 0;
  if (source.kind !== 'helm') return false;
  return (source.valuesFrom ?? []).some(
    ({ kind, text, file }) => kind === 'Secret' && (text ?? file) !== undefined,
  );
}

function hidden(render: RenderSource): RenderSource {
  if (render.secret === true) return bare(render);
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

/** Of a source that can hold a value of a Secret anywhere, what cannot be one. */
function bare(render: RenderSource): RenderSource {
  const { kind, path } = render;
  return { kind, path, secret: true } as RenderSource;
}

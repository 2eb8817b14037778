import type { App } from '../model/app';
import type { AppState } from '../model/appState';
import type { KubeObject } from '../model/resource';
import type { SyncStep } from '../model/syncOrder';
import { syncOrder, syncSteps } from '../model/syncOrder';

/** When an object is applied, where that is not with all the others. */
export function orderWords({ tool }: App, object: KubeObject | undefined): string | undefined {
  if (object === undefined) return undefined;
  return tool === 'argocd' ? argoWords(object) : helmWords(object);
}

function argoWords(object: KubeObject): string | undefined {
  const { phases, wave, isHook } = syncOrder(object);
  if (!isHook) return wave === 0 ? undefined : `Wave ${wave} of the sync`;
  if (phases.length === 0) return 'A hook that Argo CD never runs';
  const hook = `${phases.join(' and ')} hook`;
  return wave === 0 ? hook : `${hook}, wave ${wave}`;
}

function helmWords({ metadata }: KubeObject): string | undefined {
  const hook = metadata.annotations?.['helm.sh/hook'];
  if (hook === undefined) return undefined;
  const weight = metadata.annotations?.['helm.sh/hook-weight'] ?? '0';
  return weight === '0' ? `Helm hook: ${hook}` : `Helm hook: ${hook}, weight ${weight}`;
}

/** `Sync order: PreSync (1), wave -1 (2), wave 0 (12), PostSync (1)`; nothing where all goes at once. */
export function orderLine({ app, working }: AppState): string | undefined {
  if (app.tool !== 'argocd' || working.kind !== 'rendered') return undefined;
  const steps = syncSteps(working.desired.objects.map(({ object }) => object));
  return steps.length < 2 ? undefined : `Sync order: ${steps.map(stepWords).join(', ')}`;
}

function stepWords({ phase, wave, count }: SyncStep): string {
  const name = phase === 'Sync' ? `wave ${wave}` : wave === 0 ? phase : `${phase} wave ${wave}`;
  return `${name} (${count})`;
}

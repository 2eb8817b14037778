import type { ObjectHead } from './resource';

export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';

/** When Argo CD applies an object: in each of its phases, the waves of a phase one after the other. */
export interface SyncOrder {
  /** None for what is never applied: a hook that is skipped, or one that Argo CD does not know. */
  readonly phases: readonly SyncPhase[];
  readonly wave: number;
  readonly isHook: boolean;
}

/** Objects that are applied together. */
export interface SyncStep {
  readonly phase: SyncPhase;
  readonly wave: number;
  readonly count: number;
}

const PHASES: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

/** `helm.sh/hook` where Argo CD's own annotation is missing (gitops-engine, `pkg/sync/hook/helm`). */
const HELM_HOOKS: Readonly<Record<string, SyncPhase>> = {
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
};

const HOOK = 'argocd.argoproj.io/hook';
const WAVE = 'argocd.argoproj.io/sync-wave';
const HELM_HOOK = 'helm.sh/hook';
const HELM_WEIGHT = 'helm.sh/hook-weight';

/** As gitops-engine reads it (`sync_phase.go`, `syncwaves/waves.go`). */
export function syncOrder({ metadata }: ObjectHead): SyncOrder {
  const annotations = metadata.annotations ?? {};
  const wave = whole(annotations[WAVE]) ?? whole(annotations[HELM_WEIGHT]) ?? 0;
  const hooks = hooksOf(annotations);
  if (hooks === undefined) return { phases: ['Sync'], wave, isHook: false };
  return { phases: PHASES.filter((phase) => hooks.includes(phase)), wave, isHook: true };
}

/** `undefined` for what is no hook. */
function hooksOf(annotations: Readonly<Record<string, string>>): readonly string[] | undefined {
  const own = entries(annotations[HOOK]);
  const helm = annotations[HELM_HOOK] === 'crd-install' ? [] : entries(annotations[HELM_HOOK]);
  if (own.length + helm.length === 0) return undefined;
  const known = own.filter((one) => one === 'Skip' || isPhase(one));
  return known.length > 0 ? known : helm.map((one) => HELM_HOOKS[one] ?? '');
}

function isPhase(text: string): text is SyncPhase {
  return PHASES.some((phase) => phase === text);
}

function entries(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** As Go's `Atoi` takes it: a sign and digits, nothing else. */
function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** The steps of a sync that all goes well in, in their order. */
export function syncSteps(objects: readonly ObjectHead[]): readonly SyncStep[] {
  const counts = new Map<string, SyncStep>();
  for (const object of objects) {
    const { phases, wave } = syncOrder(object);
    for (const phase of phases) {
      const key = `${phase} ${wave}`;
      counts.set(key, { phase, wave, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...counts.values()].sort(
    (a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || a.wave - b.wave,
  );
}

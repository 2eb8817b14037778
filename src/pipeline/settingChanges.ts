import type { Coalescer } from '../base/coalesce';
import { readArgoSettings } from './argoSettings';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { sameData } from './share';

/** What decides how apps render or compare, and is no object of theirs. */
export interface SettingChanges {
  /** Takes over what moved; the apps, of whatever cluster, that are to be compared again for it. */
  moved(keys: ReadonlySet<string>): Promise<ReadonlySet<string>>;
}

interface Input {
  readonly core: Core;
  readonly flow: Coalescer<FlowEvent>;
  readonly session: ClusterSession;
  readonly looks: {
    /** Reads what definitions of this cluster's apps refer to; the apps for which it is another. */
    values(name: string, signal: AbortSignal): Promise<readonly string[]>;
  };
  readonly signal: AbortSignal;
}

export function createSettingChanges(input: Input): SettingChanges {
  const { session, looks, signal } = input;
  return {
    async moved(keys) {
      const hasValues = [...session.data.keys()].some((key) => keys.has(dataKeyAsKey(key)));
      const rendered = hasValues ? await looks.values(session.name, signal) : [];
      const compared = hasSettings(session, keys) ? await takeArgoSettings(input) : [];
      return new Set([...rendered, ...compared]);
    },
  };
}

/** `Secret shop/values` as the key of the object. */
function dataKeyAsKey(key: string): string {
  return `/${key.replace(' ', '/')}`;
}

const CONFIG_MAPS = ['argocd-cm', 'argocd-cmd-params-cm'];

/** Its clusters are Secrets beside them, under any name. */
function hasSettings({ tracking }: ClusterSession, keys: ReadonlySet<string>): boolean {
  const namespace = tracking?.controllerNamespace;
  if (namespace === undefined) return false;
  if (CONFIG_MAPS.some((name) => keys.has(`/ConfigMap/${namespace}/${name}`))) return true;
  return [...keys].some((key) => key.startsWith(`/Secret/${namespace}/`));
}

/** The settings of the cluster's Argo CD; all of its apps, where they are others. */
async function takeArgoSettings({
  core,
  flow,
  session,
  signal,
}: Input): Promise<readonly string[]> {
  const { cluster, name } = session;
  if (cluster === undefined) return [];
  const [clusters, before] = [session.argoClusters, comparedBy(session)];
  await readArgoSettings(core, session, cluster, signal);
  const isOther = !sameData(before, comparedBy(session));
  if (!isOther && sameData(clusters, session.argoClusters)) return [];
  core.store.updateCluster(name, (state) => ({ ...state, limits: session.limits }));
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
  await core.activity.idle();
  if (!isOther) return [];
  const { apps } = core.store.state();
  return apps.flatMap(({ app }) =>
    app.tool === 'argocd' && app.controlCluster === name ? [app.key] : [],
  );
}

function comparedBy({ tracking, argo, argoSettings }: ClusterSession): unknown {
  return [tracking, argo, argoSettings];
}

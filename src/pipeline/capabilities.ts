import type { App } from '../model/app';
import type { Capabilities } from '../model/render';
import { entryOf } from './core';
import type { Core } from './core';

/** What the app's destination can do, where it is connected and a template asked for it. */
export function capabilitiesOf(core: Core, app: App): Capabilities | undefined {
  if (app.destinationCluster === undefined || !entryOf(core, app.key).asksCapabilities) {
    return undefined;
  }
  return core.clusters.get(app.destinationCluster)?.capabilities;
}

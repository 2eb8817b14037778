import type { AppStatus, Tool } from '../model/app';
import type { KubeObject } from '../model/resource';
import { argoStatus } from './argoStatus';
import { fluxStatus } from './fluxStatus';

/** The status of an app from its custom resource as just read; push apps have none. */
export function statusOf(tool: Tool, object: KubeObject): AppStatus {
  switch (tool) {
    case 'argocd':
      return argoStatus(object);
    case 'flux':
      return fluxStatus(object);
    case 'push':
      return { sync: 'Unknown', appliedRevisions: [], managed: [] };
  }
}

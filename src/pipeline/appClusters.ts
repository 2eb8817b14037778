import type { App } from '../model/app';

/** Another definition of an app, in the clusters that are known of the app: only the table of apps knows them. */
export function inClustersOf(
  { controlCluster, destinationCluster }: Pick<App, 'controlCluster' | 'destinationCluster'>,
  definition: App,
): App {
  return {
    ...definition,
    ...(controlCluster === undefined ? {} : { controlCluster }),
    ...(destinationCluster === undefined ? {} : { destinationCluster }),
  };
}

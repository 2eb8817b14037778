import type { ResourceChange } from '../model/change';
import type { KubeObject } from '../model/resource';
import { summarise } from '../diff/describe';
import { unifiedDiff } from '../diff/text';
import { printYaml } from '../yaml/print';

/** YAML as users read it. */
export function objectText(object: KubeObject): string {
  return printYaml(object);
}

/** Documents as `kubectl apply -f` reads them. */
export function objectsText(objects: readonly unknown[]): string {
  return objects.map((object) => `---\n${printYaml(object)}`).join('');
}

/** The masked difference of one object in unified format. */
export function changeDiff(
  change: ResourceChange,
  labels: { readonly before: string; readonly after: string },
): string {
  return unifiedDiff({
    before: change.before === undefined ? '' : printYaml(change.before),
    after: change.after === undefined ? '' : printYaml(change.after),
    beforeLabel: labels.before,
    afterLabel: labels.after,
  });
}

/** `replicas 3→5 · kubectl scale`. */
export function changeSummary(changes: readonly ResourceChange[]): string {
  return summarise(changes);
}

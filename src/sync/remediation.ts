import { listAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import { conditionOf, isObserved } from './conditions';

/**
 * What helm-controller did after a release that failed, and why: one sentence; `undefined` where it
 * did nothing of the kind. Ready then says what was done and no longer why (internal/reconcile:
 * `summarize`, `rollback_remediation.go`, `uninstall_remediation.go`).
 */
export function remediationOf(object: KubeObject): string | undefined {
  const remediated = conditionOf(object, 'Remediated');
  if (remediated === undefined || !isObserved(object, remediated)) return undefined;
  const failed = ['Released', 'TestSuccess']
    .map((type) => conditionOf(object, type))
    .find((condition) => condition?.status === 'False');
  const done = remediated.status === 'True' ? doneWords(remediated) : remediated.message;
  const joint = remediated.status === 'True' ? ' because ' : ', after ';
  const why = failed === undefined ? '' : `${joint}${failureWords(failed.message)}`;
  return `${sentenceEnd(`${done}${why}`)} ${nextWords(object)}`;
}

/** True where helm-controller makes no further attempt with what it attempted last. */
export function isOutOfRetries(object: KubeObject): boolean {
  const stalled = conditionOf(object, 'Stalled');
  return stalled?.status === 'True' && stalled.reason === 'RetriesExceeded';
}

/**
 * The same of the chart at a commit, where that decides what is attempted (`reconcileStrategy:
 * Revision`: source-controller writes twelve digits of it into the chart's version). Anything newer
 * is attempted again (helm-controller `MustResetFailures`).
 */
export function isOutOfRetriesWith(object: KubeObject, commit: string): boolean {
  const attempted = textAt(object, 'status', 'lastAttemptedRevision') ?? '';
  const [, start] = /\+([0-9a-f]{12})(?:\.\d+)?$/.exec(attempted) ?? [];
  return isOutOfRetries(object) && start !== undefined && commit.startsWith(start);
}

/** `Rolled back to v2 (shop@1.0.0)`, of `Helm rollback to previous release shop/shop.v2 with chart …`. */
function doneWords({ reason, message }: { readonly reason: string; readonly message: string }) {
  const [, version, chart] = /\.(v\d+) with chart (\S+)/.exec(message) ?? [];
  if (version === undefined || chart === undefined) return message;
  return reason === 'UninstallSucceeded'
    ? `Uninstalled ${version} (${chart})`
    : `Rolled back to ${version} (${chart})`;
}

function nextWords(object: KubeObject): string {
  if (!isOutOfRetries(object)) return 'helm-controller tries again.';
  const attempted = textAt(object, 'status', 'lastAttemptedRevision');
  const failed = listAt(object, 'status', 'history').find(
    (one) => textAt(one, 'status') === 'failed',
  );
  const version = attempted ?? textAt(failed, 'chartVersion');
  const chart = version === undefined ? 'chart' : `chart (${version})`;
  return `It is not tried again until values, ${chart} or definition change.`;
}

/** Of `Helm upgrade failed for release shop/shop with chart shop@1.1.0: …` and the like. */
function failureWords(message: string): string {
  const [, action, chart, why] =
    /^Helm (\S+) failed for release \S+ with chart (\S+): (.*)$/s.exec(message) ?? [];
  if (action === undefined || chart === undefined || why === undefined) return message;
  return `the ${action} ${action === 'upgrade' ? 'to' : 'of'} ${chart} failed: ${why}`;
}

function sentenceEnd(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

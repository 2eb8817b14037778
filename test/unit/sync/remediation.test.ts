import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import { statusOf } from '../../../src/sync/statusOf';
import { isOutOfRetriesWith, remediationOf } from '../../../src/sync/remediation';

type Condition = readonly [type: string, status: string, reason: string, message: string];

/** As helm-controller 1.6 writes it. */
function release(
  conditions: readonly Condition[],
  status = {},
  observedGeneration = 3,
): KubeObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { namespace: 'mail', name: 'mail', generation: 3 },
    status: {
      observedGeneration,
      conditions: conditions.map(([type, word, reason, message]) => ({
        ...{ type, status: word, reason, message, observedGeneration },
      })),
      ...status,
    },
  };
}

const TARGET = 'Helm rollback to previous release mail/mail.v3 with chart mail@1.2.0';
const back: Condition = ['Remediated', 'True', 'RollbackSucceeded', `${TARGET} succeeded`];
const failed: Condition = [
  ...(['Released', 'False', 'UpgradeFailed'] as const),
  'Helm upgrade failed for release mail/mail with chart mail@1.3.0: context deadline exceeded',
];
const over: Condition = [
  'Stalled',
  'True',
  'RetriesExceeded',
  'Failed to upgrade after 1 attempt(s)',
];
const notReady: Condition = ['Ready', 'False', 'RollbackSucceeded', `${TARGET} succeeded`];
const attempted = { lastAttemptedRevision: '1.3.0' };

describe('what helm-controller did after a release that failed', () => {
  it.each<readonly [string, readonly Condition[], string]>([
    [
      'an upgrade that is tried again',
      [back, failed],
      'Rolled back to v3 (mail@1.2.0) because the upgrade to mail@1.3.0 failed: context deadline exceeded. helm-controller tries again.',
    ],
    [
      'an upgrade that is given up',
      [over, back, failed],
      'Rolled back to v3 (mail@1.2.0) because the upgrade to mail@1.3.0 failed: context deadline exceeded. It is not tried again until values, chart (1.3.0) or definition change.',
    ],
    [
      'a test',
      [
        back,
        ['Released', 'True', 'UpgradeSucceeded', 'Helm upgrade succeeded'],
        [
          ...(['TestSuccess', 'False', 'TestFailed'] as const),
          'Helm test failed for release mail/mail.v4 with chart mail@1.3.0: 1 test hook failed',
        ],
      ],
      'Rolled back to v3 (mail@1.2.0) because the test of mail@1.3.0 failed: 1 test hook failed. helm-controller tries again.',
    ],
    [
      'an installation',
      [
        [
          ...(['Remediated', 'True', 'UninstallSucceeded'] as const),
          'Helm uninstall remediation for release mail/mail.v1 with chart mail@1.3.0 succeeded',
        ],
        [
          ...(['Released', 'False', 'InstallFailed'] as const),
          'Helm install failed for release mail/mail with chart mail@1.3.0: no such image',
        ],
      ],
      'Uninstalled v1 (mail@1.3.0) because the install of mail@1.3.0 failed: no such image. helm-controller tries again.',
    ],
    [
      'a rollback that failed as well',
      [over, ['Remediated', 'False', 'RollbackFailed', `${TARGET} failed: timed out`], failed],
      `${TARGET} failed: timed out, after the upgrade to mail@1.3.0 failed: context deadline exceeded. It is not tried again until values, chart (1.3.0) or definition change.`,
    ],
    [
      'words of another version of it',
      [
        ['Remediated', 'True', 'RollbackSucceeded', 'Rolled back'],
        ['Released', 'False', 'X', 'No!'],
      ],
      'Rolled back because No! helm-controller tries again.',
    ],
  ])('%s', (_name, conditions, words) => {
    expect(remediationOf(release(conditions, attempted))).toBe(words);
  });

  it('is nothing where nothing was done, or for an older definition', () => {
    expect(remediationOf(release([failed]))).toBeUndefined();
    expect(remediationOf(release([back, failed], attempted, 2))).toBeUndefined();
  });

  it('is what the app says while it is not ready', () => {
    const message = (ready: Condition): unknown =>
      statusOf('flux', release([ready, back, failed], attempted)).message;
    expect(message(notReady)).toMatch(/^Rolled back to v3 /);
    expect(message(['Ready', 'True', 'UpgradeSucceeded', ''])).toBeUndefined();
  });
});

describe('an upgrade that is due', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  it.each([
    ['1.3.0+0123456789ab', commit, true],
    ['1.3.0+0123456789ab.2', commit, true],
    ['1.3.0+0123456789ab', commit.replace('0', 'f'), false],
    ['1.3.0', commit, false],
  ])('is given up after %s at %s: %s', (lastAttemptedRevision, at, isGivenUp) => {
    const status = { lastAttemptedRevision };
    expect(isOutOfRetriesWith(release([over], status), at)).toBe(isGivenUp);
    expect(isOutOfRetriesWith(release([], status), at)).toBe(false);
  });
});

import type { AppPolicy } from '../model/app';
import type { FieldChange } from '../model/change';

interface Judged {
  readonly field: FieldChange;
}

/**
 * With `ApplyOutOfSyncOnly=true` a sync leaves objects alone that Argo CD's own comparison calls
 * Synced: those in which only ignored fields differ, and those in which it does not see the
 * difference (Argo CD controller/sync.go). What Git has changed since is compared anew by the sync.
 */
export function leftAlone<T extends Judged>(
  judged: readonly T[],
  { fieldManager, syncOptions }: AppPolicy,
  toolSays: string | undefined,
): readonly T[] {
  const isPartial = syncOptions.includes('ApplyOutOfSyncOnly=true');
  if (fieldManager !== 'argocd-controller' || !isPartial) return judged;
  const isSynced = toolSays === 'Synced' && !judged.some(({ field }) => isNew(field));
  if (!isSynced && judged.some(({ field }) => isSeen(field))) return judged;
  const fateNote = 'stays: a sync applies only what Argo CD calls out of sync';
  return judged.map((one) =>
    one.field.fate === 'reverted'
      ? { ...one, field: { ...one.field, fate: 'stays', fateNote } }
      : one,
  );
}

function isNew({ whose }: FieldChange): boolean {
  return whose === 'pending' || whose === 'mine';
}

function isSeen(field: FieldChange): boolean {
  const { whose, fate } = field;
  return isNew(field) || ((whose === 'drift' || whose === 'differs') && fate !== 'stays');
}

import { isCancellation, messageOf, UserError } from '../base/userError';

/** What becomes of something thrown: nothing, a sentence for the user, or a defect. */
export type Failure =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'expected'; readonly message: string; readonly detail: string }
  | { readonly kind: 'defect'; readonly message: string; readonly detail: string };

export function failureOf(error: unknown): Failure {
  if (isCancellation(error)) return { kind: 'cancelled' };
  if (error instanceof UserError) {
    return { kind: 'expected', message: error.message, detail: error.detail ?? error.message };
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  return {
    kind: 'defect',
    message: 'Plumbline could not finish this. The log has the details.',
    detail,
  };
}

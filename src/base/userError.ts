/**
 * A failure with one short sentence for the user; `detail` goes to the log only. Thrown by commands
 * and caught by the one error border of the editor or the command line.
 */
export class UserError extends Error {
  constructor(
    message: string,
    readonly detail?: string,
  ) {
    super(message);
    this.name = 'UserError';
  }
}

/** True for the rejection of an aborted signal: never shown to the user. */
export function isCancellation(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled');
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

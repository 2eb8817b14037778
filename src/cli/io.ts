/** What a command may touch of the outside. */
export interface Io {
  /** Writes to standard output as it is. */
  out(text: string): void;
  /** One line to standard error. */
  err(line: string): void;
  /** Asks on the terminal; `undefined` where nobody can answer. */
  readonly ask?: (question: string) => Promise<string>;
  readonly colour: boolean;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** 0: done, nothing differs, no error found; 1: differs, found or not done; 2: could not be answered. */
export type ExitCode = 0 | 1 | 2;

import type { Io } from './io';

export interface Confirmation {
  /** `--yes`. */
  readonly yes: boolean;
  /** `--confirm NAME`. */
  readonly typed: string | undefined;
  /** The name that has to be typed; absent where a plain yes is enough. */
  readonly expected: string | undefined;
}

/** True after a clear yes; where nobody can answer, only the options count. */
export async function confirmed(io: Io, { yes, typed, expected }: Confirmation): Promise<boolean> {
  if (expected !== undefined) return await isNamed(io, expected, typed);
  if (yes) return true;
  const answer = await io.ask?.('Go on? [y/N] ');
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return true;
  io.err(answer === undefined ? 'Nothing was done: give --yes to go on.' : 'Nothing was done.');
  return false;
}

async function isNamed(io: Io, expected: string, typed: string | undefined): Promise<boolean> {
  const name = typed ?? (await io.ask?.(`${expected} is protected. Type its name to go on: `));
  if (name?.trim() === expected) return true;
  io.err(`${expected} is protected: nothing was done. Give its name with --confirm.`);
  return false;
}

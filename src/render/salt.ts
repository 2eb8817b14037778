import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Digests that nobody can make who has not read the folder's salt. */
export interface Salted {
  /** In base64; of values. */
  value(value: string): string;
  /** In hexadecimal digits; of names and states. */
  name(text: string): string;
}

const BYTES = 32;

/** The salt of a folder of renders; `undefined` where there is none yet. */
export async function readSalt(folder: string): Promise<Salted | undefined> {
  try {
    const salt = await readFile(fileOf(folder));
    return salt.length === BYTES ? salted(salt) : undefined;
  } catch {
    // Nothing was ever kept there.
    return undefined;
  }
}

/** Makes one where there is none. Rejects where the folder cannot be written. */
export async function makeSalt(folder: string): Promise<Salted> {
  const known = await readSalt(folder);
  if (known !== undefined) return known;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = randomBytes(BYTES);
  const temporary = `${fileOf(folder)}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(temporary, fresh, { mode: 0o600 });
    if (await isDamaged(folder)) await rm(fileOf(folder), { force: true });
    // Of two processes one wins, and nobody ever reads a part.
    await link(temporary, fileOf(folder)).catch(() => undefined);
  } finally {
    await rm(temporary, { force: true });
  }
  const winner = await readSalt(folder);
  if (winner === undefined) throw new Error('no salt can be kept beside them');
  return winner;
}

async function isDamaged(folder: string): Promise<boolean> {
  try {
    return (await stat(fileOf(folder))).size !== BYTES;
  } catch {
    // It is not there.
    return false;
  }
}

function fileOf(folder: string): string {
  return join(folder, 'salt');
}

function salted(salt: Buffer): Salted {
  const hmac = (purpose: string, text: string) =>
    createHmac('sha256', salt).update(`${purpose}\0`).update(text);
  return {
    value: (value) => hmac('value', value).digest('base64'),
    name: (text) => hmac('name', text).digest('hex'),
  };
}

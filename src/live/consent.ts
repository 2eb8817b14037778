import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Asks for the user's answer about a file of the workspace at exactly these bytes. */
export type AllowExec = (file: string, sha256: string) => boolean;

export interface Consent {
  isInsideWorkspace(file: string): Promise<boolean>;
  /**
   * True for files outside the workspace; a file inside is allowed by the hash of its present bytes,
   * so that an edit withdraws the consent.
   */
  isAllowed(file: string): Promise<boolean>;
}

export function createConsent(workspaceFolders: readonly string[], allowExec: AllowExec): Consent {
  const isInsideWorkspace = async (file: string): Promise<boolean> => {
    const real = await realPathOf(file);
    const folders = await Promise.all(workspaceFolders.map(realPathOf));
    return folders.some((folder) => contains(folder, real) || contains(folder, resolve(file)));
  };
  return {
    isInsideWorkspace,
    async isAllowed(file) {
      if (!(await isInsideWorkspace(file))) return true;
      const bytes = await readFile(file).catch(() => undefined);
      if (bytes === undefined) return false;
      return allowExec(file, createHash('sha256').update(bytes).digest('hex'));
    },
  };
}

async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function contains(folder: string, file: string): boolean {
  const below = relative(folder, file);
  return below === '' || !(below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below));
}

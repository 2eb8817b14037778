import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ParseText } from './clientNode';
import type { ContextEntry } from './kubeconfig';
import { readContexts } from './kubeconfig';

const maxBytes = 16 * 1024 * 1024;

/** A kubeconfig file as it was when read; `sha256` is of its bytes. */
export interface KubeconfigFile {
  readonly file: string;
  readonly sha256: string;
  /** A file that cannot be used is one broken context named like the file. */
  readonly contexts: readonly ContextEntry[];
}

export interface KubeconfigReader {
  read(file: string): Promise<KubeconfigFile>;
}

/** Reads files anew each time and parses one again only when its bytes changed. Never writes. */
export function createKubeconfigReader(parseText: ParseText): KubeconfigReader {
  const parsed = new Map<string, KubeconfigFile>();
  return {
    async read(file) {
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
      if (bytes instanceof Error) return unusable(file, '', unreadableSentence(file, bytes));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const known = parsed.get(file);
      if (known?.sha256 === sha256) return known;
      const result = await parse({ file, sha256, bytes }, parseText);
      parsed.set(file, result);
      return result;
    },
  };
}

interface Read {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

async function parse({ file, sha256, bytes }: Read, parseText: ParseText): Promise<KubeconfigFile> {
  const name = basename(file);
  if (bytes.length > maxBytes)
    return unusable(file, sha256, `${name} is too large for a kubeconfig.`);
  const text = bytes.toString('utf8');
  if (text.trim() === '') return { file, sha256, contexts: [] };
  const result = await parseText(text);
  if (result.kind === 'broken')
    return unusable(file, sha256, `${name} is not valid YAML: ${result.reason}.`);
  if (typeof result.value !== 'object' || Array.isArray(result.value)) {
    return unusable(file, sha256, `${name} is not a kubeconfig.`);
  }
  return { file, sha256, contexts: readContexts(result.value) };
}

function unusable(file: string, sha256: string, problem: string): KubeconfigFile {
  return {
    file,
    sha256,
    contexts: [{ kind: 'broken', name: basename(file), server: '', problem }],
  };
}

function unreadableSentence(file: string, error: NodeJS.ErrnoException): string {
  const name = basename(file);
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return `There is no kubeconfig file ${name}.`;
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return `The kubeconfig ${name} may not be read.`;
  return `The kubeconfig ${name} cannot be read (${error.code ?? 'unknown error'}).`;
}

import type { Forge } from '../model/ports';
import type { ForgeAddress } from './address';
import { createGitea } from './gitea';
import type { ForgeOptions } from './github';
import { createGitHub } from './github';

export type ForgeName = Forge['name'];

const timeoutMs = 10_000;

interface ForgeEntry {
  readonly name: ForgeName;
  readonly create: (options: ForgeOptions) => Forge;
  /** A path that only this forge answers without a login, or the host that is always this forge. */
  readonly probe: { readonly path: string; readonly field: string };
  readonly host?: string;
}

/** Adding a forge is a file and a line here. */
export const forges: readonly ForgeEntry[] = [
  {
    name: 'github',
    create: createGitHub,
    host: 'github.com',
    probe: { path: '/api/v3/meta', field: 'verifiable_password_authentication' },
  },
  { name: 'gitea', create: createGitea, probe: { path: '/api/v1/version', field: 'version' } },
];

async function answers(entry: ForgeEntry, baseUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}${entry.probe.path}`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && entry.probe.field in body;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Which forge an address is: by host for the public ones, else by asking it. Runs only for a pull
 * request that the user asked for.
 */
export async function detectForge(
  address: ForgeAddress,
  signal: AbortSignal,
): Promise<ForgeName | undefined> {
  const known = forges.find((entry) => entry.host === address.host);
  if (known !== undefined) return known.name;
  for (const entry of forges) {
    if (await answers(entry, address.baseUrl, signal)) return entry.name;
  }
  return undefined;
}

export function createForge(name: ForgeName, options: ForgeOptions): Forge | undefined {
  return forges.find((entry) => entry.name === name)?.create(options);
}

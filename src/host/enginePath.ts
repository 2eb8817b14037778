import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The engine of this platform below the extension. A package for Alpine holds another build under its
 * own name, and Node calls that platform `linux` too.
 */
export function enginePath(
  extensionPath: string,
  machine: { readonly platform: string; readonly arch: string },
): string {
  const name = machine.platform === 'win32' ? 'plumbline-engine.exe' : 'plumbline-engine';
  const folders = [`${machine.platform}-${machine.arch}`, `alpine-${machine.arch}`];
  const paths = folders.map((folder) => join(extensionPath, 'dist', 'engine', folder, name));
  return paths.find((path) => existsSync(path)) ?? paths[0] ?? '';
}

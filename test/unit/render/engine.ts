import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../../src/model/ports';
import type { PooledRenderer, RendererOptions } from '../../../src/render/renderer';
import { createRenderer } from '../../../src/render/renderer';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const built = join(
  top,
  'dist/engine',
  `${process.platform}-${process.arch}`,
  process.platform === 'win32' ? 'plumbline-engine.exe' : 'plumbline-engine',
);

/** The real engine; `npm test` builds it first and says where it is. */
export const enginePath = process.env['PLUMBLINE_ENGINE'] ?? built;
if (!existsSync(enginePath)) throw new Error('Build the engine first: npm run build');

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const never = new AbortController().signal;

export function realRenderer(options: Partial<RendererOptions> = {}): PooledRenderer {
  return createRenderer({
    enginePath,
    maxEngines: 2,
    timeLimitMs: 30_000,
    memoryLimitBytes: 2 * 1024 ** 3,
    log: silent,
    ...options,
  });
}

export interface Folder {
  readonly path: string;
  readonly write: (files: Readonly<Record<string, string>>) => void;
  readonly remove: () => void;
}

/** A temporary folder with files by path. */
export function createFolder(files: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  const write: Folder['write'] = (texts) => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
  };
  write(files);
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A chart whose template is `body`. */
export function chart(body: string, values = ''): Readonly<Record<string, string>> {
  return {
    'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\n',
    'values.yaml': values,
    'templates/object.yaml': body,
  };
}

export const helmSource = {
  kind: 'helm',
  path: '',
  releaseName: 'demo',
  namespace: 'default',
  valueFiles: [],
  includeCrds: true,
} as const;

export const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n';

/** What the cache unpacks is read-only, and would stay. */
export function unseal(path: string): void {
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) unseal(join(path, entry.name));
  }
}

import { createHmac, randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import { createGit } from './git/git';
import { createClusters } from './live/clusters';
import type { Settings } from './model/config';
import type { Digest, Log } from './model/ports';
import type { Workbench } from './model/workbench';
import { createWorkbench } from './pipeline/workbench';
import { createRenderer } from './render/renderer';
import { createSchemas } from './validate/schemas';

export interface ComposeOptions {
  /** The engine's binary. */
  readonly enginePath: string;
  /** Folder of the bundled schemas. */
  readonly schemasPath: string;
  /** An empty folder of our own, that no repository can write to: git's `core.hooksPath`. */
  readonly emptyFolder: string;
  readonly settings: Settings;
  /** The user's environment: for git and for login plugins, never for the engine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly trusted: boolean;
  readonly user: string;
  readonly log: Log;
  /** The user's consent to run a login plugin inside the workspace, by the digest of its file. */
  readonly allowExec: (file: string, sha256: string) => boolean;
}

/** The core, wired for Node; both the editor and the command line start here. */
export function compose(options: ComposeOptions): Workbench {
  const { settings, environment, log } = options;
  return createWorkbench({
    renderer: createRenderer({
      enginePath: options.enginePath,
      maxEngines: settings.maxEngines,
      timeLimitMs: settings.renderTimeoutMs,
      memoryLimitBytes: settings.renderMemoryLimitBytes,
      environment: engineEnvironment(environment),
      log,
    }),
    clusters: (request) =>
      createClusters({ ...request, environment, log, allowExec: options.allowExec }),
    schemas: createSchemas({ bundle: () => readBundle(options.schemasPath) }),
    git: createGit({ environment, emptyFolder: options.emptyFolder, log }),
    log,
    clock: Date.now,
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    digest: sessionDigest(),
    user: options.user,
    settings,
    trusted: options.trusted,
  });
}

/** Windows starts no program without it. */
function engineEnvironment(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const systemRoot = environment['SystemRoot'];
  return systemRoot === undefined ? {} : { SystemRoot: systemRoot };
}

/** Salted anew in each session: equal values are seen to be equal, and nothing else. */
function sessionDigest(): Digest {
  const salt = randomBytes(32);
  return (value) => createHmac('sha256', salt).update(value).digest('hex');
}

async function readBundle(folder: string): Promise<Uint8Array> {
  const names = await readdir(folder);
  const name = names.find((one) => one.startsWith('kubernetes-') && one.endsWith('.json.br'));
  if (name === undefined) throw new Error('The bundled schemas are not there.');
  return await promisify(brotliDecompress)(await readFile(join(folder, name)));
}

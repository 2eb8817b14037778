import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createGit } from './git/git';
import { createClusters } from './live/clusters';
import type { Settings } from './model/config';
import type { Digest, Log } from './model/ports';
import type { Workbench } from './model/workbench';
import { createWorkbench } from './pipeline/workbench';
import { createRenderer } from './render/renderer';
import { readSchemaBundle } from './schemaBundle';
import { createRemoteValidator } from './validate/remoteValidator';
import { createSchemas } from './validate/schemas';
import type { Schemas } from './validate/schemas';
import { createValidator } from './validate/validator';
import type { Validator } from './validate/validator';
import { startWorkerThread } from './workerThread';

export interface ComposeOptions {
  /** The engine's binary. */
  readonly enginePath: string;
  /** Folder of the bundled schemas. */
  readonly schemasPath: string;
  /** The worker's bundle; without it validation runs in this thread. */
  readonly workerPath?: string;
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
  const schemas = createSchemas({ bundle: () => readSchemaBundle(options.schemasPath) });
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
    schemas,
    validator: validatorOf(options, schemas),
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

const VALIDATION_LIMIT_MS = 60_000;

function validatorOf(options: ComposeOptions, schemas: Schemas): Validator {
  const { workerPath, schemasPath, log } = options;
  if (workerPath === undefined) return createValidator(schemas);
  return createRemoteValidator({
    start: () => startWorkerThread(workerPath, { schemasPath }),
    timeLimitMs: VALIDATION_LIMIT_MS,
    log,
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

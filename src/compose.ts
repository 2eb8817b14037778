import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withholdSteps } from './diff/withhold';
import { createGitFetcher } from './git/fetchRepository';
import { createGit } from './git/git';
import { withArgo } from './live/argo/clusters';
import { createArgoServers } from './live/argo/servers';
import type { ParseText } from './live/clientNode';
import { createClusters } from './live/clusters';
import { createThreadParser } from './live/kubeconfigThread';
import { createKnownClusters } from './live/knownClusters';
import type { LoginEnvironment } from './live/loginEnvironment';
import { createLoginEnvironment, fixedEnvironment } from './live/loginEnvironment';
import type { Settings } from './model/config';
import type { Fetcher } from './model/fetch';
import type { ArgoServers, ArgoToken, Clock, Digest, KnownClusters, Log } from './model/ports';
import { createWorkbench } from './pipeline/workbench';
import type { CoreWorkbench } from './pipeline/workbench';
import { createFetcher } from './render/fetch';
import { createRenderer } from './render/renderer';
import type { PooledRenderer } from './render/renderer';
import { readSchemaBundle } from './schemaBundle';
import { createRemoteValidator } from './validate/remoteValidator';
import { createSchemas } from './validate/schemas';
import type { Schemas } from './validate/schemas';
import { createValidator } from './validate/validator';
import type { Validator } from './validate/validator';
import { startThread } from './workerThread';
import { yamlValue } from './yaml/value';

export interface ComposeOptions {
  /** The engine's binary. */
  readonly enginePath: string;
  /** Folder of the bundled schemas. */
  readonly schemasPath: string;
  /** The worker's bundle; where there is none, validation runs in this thread. */
  readonly workerPath?: string;
  /** An empty folder of our own, that no repository can write to: git's `core.hooksPath`. */
  readonly emptyFolder: string;
  /** Folder of fetched charts, shared by all windows; without it nothing is fetched. */
  readonly chartsFolder?: string;
  /** Folder of renders, shared by all windows; without it each window renders all anew. */
  readonly rendersFolder?: string;
  readonly settings: Settings;
  /** `false` spares the thread and the second that checking rendered objects takes at first. */
  readonly validates?: boolean;
  /** The user's environment: for git and for login plugins, never for the engine. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the user adds for login programs; absent where the environment is that of a terminal. */
  readonly loginVariables?: () => Readonly<Record<string, string | null>>;
  readonly trusted: boolean;
  /** Compares with this revision in place of what each controller follows. */
  readonly against?: string;
  readonly user: string;
  readonly log: Log;
  /** The system's when absent. */
  readonly clock?: Clock;
  /** Tokens that the user stored for servers of Argo CD; absent where nothing stores any. */
  readonly argoTokens?: () => Promise<readonly ArgoToken[]>;
  /** The user's consent to run a login plugin inside the workspace, by the digest of its file. */
  readonly allowExec: (file: string, sha256: string) => boolean;
}

/** The core, wired for Node; both the editor and the command line start here. */
export function compose(options: ComposeOptions): CoreWorkbench {
  const { settings, environment, log } = options;
  const schemas = createSchemas({ bundle: () => readSchemaBundle(options.schemasPath) });
  const parseText = kubeconfigParser(options);
  const programs = loginEnvironmentOf(options);
  const argoServers = argoServersOf(options);
  return createWorkbench({
    renderer: composeRenderer(options),
    ...fetcherOf(options, programs),
    clusters: (request) =>
      withArgo(
        createClusters({
          ...request,
          environment,
          programs,
          log,
          allowExec: options.allowExec,
          ...(parseText === undefined ? {} : { parseText }),
        }),
        { servers: argoServers, log },
      ),
    ...(options.chartsFolder === undefined ? {} : { chartsFolder: options.chartsFolder }),
    ...knownClustersOf(options),
    argoServers,
    schemas,
    ...(options.validates === false ? {} : { validator: validatorOf(options, schemas) }),
    git: createGit({ environment, emptyFolder: options.emptyFolder, log }),
    log,
    clock: options.clock ?? Date.now,
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    digest: sessionDigest(),
    user: options.user,
    settings,
    trusted: options.trusted,
    ...(options.against === undefined ? {} : { against: options.against }),
  });
}

function argoServersOf({ environment, argoTokens, log }: ComposeOptions): ArgoServers {
  return createArgoServers({
    configFiles: argoConfigFiles(environment),
    parse: yamlValue,
    environment,
    ...(argoTokens === undefined ? {} : { stored: argoTokens }),
    log,
  });
}

/** Where `argocd` looks for its file (`util/localconfig`, `DefaultConfigDir`). */
function argoConfigFiles(environment: Readonly<Record<string, string>>): readonly string[] {
  const { ARGOCD_CONFIG_DIR: own, XDG_CONFIG_HOME: config, HOME, USERPROFILE } = environment;
  const home = HOME ?? USERPROFILE;
  const folders = [
    ...(own === undefined ? [] : [own]),
    ...(home === undefined ? [] : [join(home, '.argocd')]),
    ...(config === undefined ? [] : [join(config, 'argocd')]),
    ...(home === undefined ? [] : [join(home, '.config', 'argocd')]),
  ];
  return folders.map((folder) => join(folder, 'config'));
}

function knownClustersOf({ chartsFolder, log }: ComposeOptions): {
  readonly knownClusters?: KnownClusters;
} {
  if (chartsFolder === undefined) return {};
  return { knownClusters: createKnownClusters(join(dirname(chartsFolder), 'clusters'), log) };
}

/** The pipeline asks it for nothing while the workspace is not trusted. */
function fetcherOf(
  options: ComposeOptions,
  programs: LoginEnvironment,
): { readonly fetcher?: Fetcher } {
  const { chartsFolder } = options;
  return chartsFolder === undefined
    ? {}
    : { fetcher: composeFetcher({ ...options, chartsFolder, programs }) };
}

function loginEnvironmentOf({
  environment,
  loginVariables,
  log,
}: ComposeOptions): LoginEnvironment {
  return loginVariables === undefined
    ? fixedEnvironment(environment)
    : createLoginEnvironment({ environment, variables: loginVariables, log });
}

/** Fetches charts and other sources for whoever asked for it in so many words. */
export function composeFetcher(
  options: Pick<ComposeOptions, 'enginePath' | 'environment' | 'emptyFolder' | 'log'> & {
    readonly chartsFolder: string;
    /** What credential helpers are given; by default the environment. */
    readonly programs?: LoginEnvironment;
  },
): Fetcher {
  const { enginePath, chartsFolder: cacheRoot, environment, emptyFolder, log } = options;
  const git = createGitFetcher({ environment, emptyFolder, log });
  const { programs } = options;
  const logins = programs === undefined ? {} : { programs: () => programs.whole() };
  return createFetcher({ enginePath, cacheRoot, environment, ...logins, trusted: true, git, log });
}

/** The engine alone: renders any path, and knows of no app and no cluster. */
export function composeRenderer(
  options: Pick<
    ComposeOptions,
    'enginePath' | 'settings' | 'environment' | 'log' | 'chartsFolder' | 'rendersFolder'
  >,
): PooledRenderer {
  const { settings, environment, log, rendersFolder } = options;
  return createRenderer({
    enginePath: options.enginePath,
    maxEngines: settings.maxEngines,
    timeLimitMs: settings.renderTimeoutMs,
    memoryLimitBytes: settings.renderMemoryLimitBytes,
    environment: engineEnvironment(environment),
    log,
    ...(options.chartsFolder === undefined ? {} : { cacheRoot: options.chartsFolder }),
    ...(rendersFolder === undefined
      ? {}
      : { renders: { folder: rendersFolder, withhold: withholdSteps } }),
  });
}

/** Where the build puts the bundles of other threads: beside the folder of schemas. */
function builtBundle(schemasPath: string, name: string): string | undefined {
  const built = join(dirname(schemasPath), name);
  return existsSync(built) ? built : undefined;
}

const PARSER_LIMITS = { idleMs: 10_000, timeLimitMs: 30_000 };

function kubeconfigParser({ schemasPath }: ComposeOptions): ParseText | undefined {
  const entry = builtBundle(schemasPath, 'kubeconfig.js');
  if (entry === undefined) return undefined;
  return createThreadParser({ start: () => startThread(entry), ...PARSER_LIMITS });
}

const VALIDATION_LIMIT_MS = 60_000;

/** Checks rendered objects without any app. */
export function composeValidator(options: ValidatorOptions): Validator {
  return validatorOf(
    options,
    createSchemas({ bundle: () => readSchemaBundle(options.schemasPath) }),
  );
}

type ValidatorOptions = Pick<ComposeOptions, 'schemasPath' | 'workerPath' | 'log'>;

function validatorOf(options: ValidatorOptions, schemas: Schemas): Validator {
  const { schemasPath, log } = options;
  const workerPath = options.workerPath ?? builtBundle(schemasPath, 'worker.js');
  if (workerPath === undefined) return createValidator(schemas);
  return createRemoteValidator({
    start: () => startThread(workerPath, { schemasPath }),
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

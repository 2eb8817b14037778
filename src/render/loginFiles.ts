import { stat } from 'node:fs/promises';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Helm, Docker and git keep logins: `helmpath`, the CLI configuration of Docker,
 * gitcredentials(7) and curl's netrc. None of them is read here.
 */
export function loginFiles(environment: Environment): readonly string[] {
  const home = environment['HOME'] ?? environment['USERPROFILE'];
  const config = environment['XDG_CONFIG_HOME'] ?? below(home, '.config');
  const helm = [environment['HELM_CONFIG_HOME'], ...helmFolders(environment, home, config)];
  const files = [
    environment['HELM_REGISTRY_CONFIG'],
    environment['HELM_REPOSITORY_CONFIG'],
    ...helm.flatMap((folder) => [
      below(folder, 'registry/config.json'),
      below(folder, 'repositories.yaml'),
    ]),
    below(environment['DOCKER_CONFIG'] ?? below(home, '.docker'), 'config.json'),
    ...[
      '.netrc',
      '_netrc',
      '.git-credentials',
      '.gitconfig',
      '.ssh/known_hosts',
      '.ssh/config',
    ].map((name) => below(home, name)),
    ...['git/credentials', 'git/config'].map((name) => below(config, name)),
  ];
  return [...new Set(files.filter((file) => file !== undefined))];
}

function helmFolders(
  environment: Environment,
  home: string | undefined,
  config: string | undefined,
): readonly (string | undefined)[] {
  const { APPDATA } = environment;
  return [below(config, 'helm'), below(home, 'Library/Preferences/helm'), below(APPDATA, 'helm')];
}

function below(folder: string | undefined, name: string): string | undefined {
  return folder === undefined ? undefined : join(folder, name);
}

/** Another text once any of these files was written, came or went. */
export async function loginState(environment: Environment): Promise<string> {
  const states = loginFiles(environment).map((file) =>
    stat(file).then(
      ({ mtimeMs, size, ino }) => `${String(mtimeMs)} ${String(size)} ${String(ino)}`,
      () => 'absent',
    ),
  );
  return (await Promise.all(states)).join('\n');
}

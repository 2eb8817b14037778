import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real repository in a temporary folder, driven by the real git. */
export interface TestRepository {
  readonly root: string;
  git(...args: string[]): string;
  write(path: string, text: string): void;
  commit(message: string): string;
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@acme.example',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@acme.example',
  GIT_CONFIG_NOSYSTEM: '1',
};

export function openRepository(root: string): TestRepository {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: root,
      env: { ...process.env, ...identity },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  return {
    root,
    git,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    commit(message) {
      git('add', '-A');
      git('commit', '-q', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

export function createRepository(): TestRepository {
  const repository = openRepository(mkdtempSync(join(tmpdir(), 'plumbline-repo-')));
  repository.git('init', '-q', '-b', 'main');
  repository.git('config', 'user.name', 'Ada');
  repository.git('config', 'user.email', 'ada@acme.example');
  return repository;
}

/** A bare repository that `repository` has as its remote `origin`, with `main` pushed. */
export function addOrigin(repository: TestRepository): TestRepository {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-origin-'));
  const origin = openRepository(root);
  origin.git('init', '-q', '--bare', '-b', 'main');
  repository.git('remote', 'add', 'origin', root);
  repository.git('push', '-q', '-u', 'origin', 'main');
  return origin;
}

import { afterEach, describe, expect, it } from 'vitest';
import { loginFiles, loginState } from '../../../src/render/loginFiles';
import { createFolder } from './engine';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0)) end();
});

describe('the files with logins', () => {
  it('are where Helm, Docker and git look for them', () => {
    const files = loginFiles({ HOME: '/home/me' });
    expect(files).toContain('/home/me/.config/helm/registry/config.json');
    expect(files).toContain('/home/me/.config/helm/repositories.yaml');
    expect(files).toContain('/home/me/.docker/config.json');
    expect(files).toContain('/home/me/.netrc');
    expect(files).toContain('/home/me/.git-credentials');
    expect(files).toContain('/home/me/.config/git/credentials');
    expect(files).toContain('/home/me/.ssh/known_hosts');
  });

  it.each([
    [{ HELM_REGISTRY_CONFIG: '/x/r.json' }, '/x/r.json'],
    [{ HELM_REPOSITORY_CONFIG: '/x/r.yaml' }, '/x/r.yaml'],
    [{ HELM_CONFIG_HOME: '/x' }, '/x/registry/config.json'],
    [{ XDG_CONFIG_HOME: '/x' }, '/x/helm/repositories.yaml'],
    [{ DOCKER_CONFIG: '/x' }, '/x/config.json'],
    [{ APPDATA: '/x' }, '/x/helm/registry/config.json'],
    [{ USERPROFILE: '/x' }, '/x/_netrc'],
  ])('are where %j says', (environment, file) => {
    expect(loginFiles(environment)).toContain(file);
  });

  it('are none that nobody knows a place of', () => {
    expect(loginFiles({})).toEqual([]);
  });

  it('have another state once one is written, comes or goes', async () => {
    const folder = createFolder({ '.gitconfig': 'a' });
    owned.push(folder.remove);
    const state = () => loginState({ HOME: folder.path });
    const first = await state();
    expect(await state()).toBe(first);
    folder.write({ other: 'x' });
    expect(await state()).toBe(first);
    folder.write({ '.docker/config.json': '{}' });
    const second = await state();
    expect(second).not.toBe(first);
    folder.write({ '.docker/config.json': '{"auths":{}}' });
    expect(await state()).not.toBe(second);
    expect(await state()).not.toContain('auths');
  });
});

import { describe, expect, it } from 'vitest';
import { baseName, joinPath, pathBelow, rootOf } from '../../../src/pipeline/paths';

describe('paths', () => {
  it.each([
    ['/repo', '/repo/a/b.yaml', 'a/b.yaml'],
    ['/repo', '/repo', ''],
    ['/repo', '/repo/', ''],
    ['/repo', '/repository/a', undefined],
    ['/repo', '/', undefined],
    ['/', '/etc/hosts', 'etc/hosts'],
    ['C:\\repo', 'C:\\repo\\a\\b.yaml', 'a/b.yaml'],
    ['C:\\repo', 'C:\\other', undefined],
  ])('%s holds %s as %s', (root, path, below) => {
    expect(pathBelow(root, path)).toBe(below);
  });

  it.each([
    ['/repo', 'a/b.yaml', '/repo/a/b.yaml'],
    ['/repo', '', '/repo'],
    ['C:\\repo', 'a/b.yaml', 'C:\\repo\\a\\b.yaml'],
    ['/', 'a', '/a'],
  ])('%s and %s are %s', (root, path, full) => {
    expect(joinPath(root, path)).toBe(full);
    if (path !== '') expect(pathBelow(root, full)).toBe(path);
  });

  it('finds the deepest root', () => {
    const roots = ['/repo', '/repo/sub', '/other'];
    expect(rootOf(roots, '/repo/sub/a')).toBe('/repo/sub');
    expect(rootOf(roots, '/repo/submarine')).toBe('/repo');
    expect(rootOf(roots, '/nowhere')).toBeUndefined();
  });

  it('names a folder', () => {
    expect([baseName('/a/b'), baseName('C:\\a\\b'), baseName('/a/b/')]).toEqual(['b', 'b', 'b']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withFolders } from '../../../src/pipeline/folderEdits';
import { affected } from '../../../src/repo/affected';

describe('folders that come and go with their files', () => {
  it.each([
    [
      'a new folder',
      ['a/x'],
      ['a/x', 'a/b/y'],
      { path: 'a/b/y', kind: 'created' },
      ['created a/b'],
    ],
    [
      'nested ones',
      [],
      ['a/b/c'],
      { path: 'a/b/c', kind: 'created' },
      ['created a/b', 'created a'],
    ],
    [
      'a folder that went',
      ['a/b/y', 'a/x'],
      ['a/x'],
      { path: 'a/b/y', kind: 'deleted' },
      ['deleted a/b'],
    ],
    ['a folder that stays', ['a/x'], ['a/x', 'a/y'], { path: 'a/y', kind: 'created' }, []],
    ['a change', ['a/x'], ['a/x'], { path: 'a/x', kind: 'changed' }, []],
    ['the top', [], ['x'], { path: 'x', kind: 'created' }, []],
  ] as const)('%s', (_, before, after, edit, added) => {
    const all = withFolders([edit], before, after);
    expect(all[0]).toEqual(edit);
    expect(all.slice(1).map(({ path, kind }) => `${kind} ${path}`)).toEqual(added);
  });

  it('reach an app that listed the folder above, at any depth', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 8 }), path, (known, fresh) => {
        // A file cannot be a folder, too.
        const isClash = (one: string) => fresh.startsWith(`${one}/`) || one.startsWith(`${fresh}/`);
        fc.pre(!known.includes(fresh) && !known.some(isClash));
        const edits = withFolders([{ path: fresh, kind: 'created' }], known, [...known, fresh]);
        const folders = new Set(known.flatMap((one) => ancestors(one)));
        // Whoever listed the deepest folder that was there sees a new name in it.
        const deepest = ancestors(fresh).find((folder) => folder === '' || folders.has(folder));
        const inputs = [{ kind: 'listing', path: deepest ?? '', recursive: false }] as const;
        const app = { key: 'app', inputs, sourcePath: '' };
        expect(affected(edits, [app]).has('app')).toBe(true);
      }),
    );
  });
});

function ancestors(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { kustomizeBuild } from '../../../src/repo/kustomizeBuild';

describe('the build options of an Argo CD instance', () => {
  it.each<[string, object, readonly string[]]>([
    ['', { enableHelm: false }, []],
    ['--enable-helm', { enableHelm: true }, []],
    ['  --enable-helm=true\n', { enableHelm: true }, []],
    ['--enable-helm --enable-helm=false', { enableHelm: false }, []],
    ['--load-restrictor LoadRestrictionsNone', { enableHelm: false, loadRestrictions: 'none' }, []],
    [
      '--load-restrictor=LoadRestrictionsNone --enable-helm',
      { enableHelm: true, loadRestrictions: 'none' },
      [],
    ],
    [
      '--load-restrictor=LoadRestrictionsNone --load-restrictor LoadRestrictionsRootOnly',
      { enableHelm: false },
      [],
    ],
    ['--load-restrictor', { enableHelm: false }, ['--load-restrictor']],
    ['--load-restrictor Nothing', { enableHelm: false }, ['--load-restrictor Nothing']],
    ['--reorder none', { enableHelm: false, reorder: 'none' }, []],
    ['--reorder=legacy', { enableHelm: false, reorder: 'legacy' }, []],
    ['--helm-command helm3 --enable-helm', { enableHelm: true }, []],
    [
      '--enable-alpha-plugins --enable-exec --env A=b',
      { enableHelm: false },
      ['--enable-alpha-plugins', '--enable-exec', '--env A=b'],
    ],
  ])('%j', (options, build, unsupported) => {
    expect(kustomizeBuild(options)).toEqual({ build, unsupported });
  });

  it('are read whatever they are, and nothing of them is lost', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { unsupported } = kustomizeBuild(text);
        for (const option of unsupported) {
          for (const word of option.split(' ')) expect(text).toContain(word);
        }
      }),
    );
  });
});

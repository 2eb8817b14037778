import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeBody, proposeBranch, proposeTitle } from '../../../src/pipeline/pullRequestText';
import { app, change } from './states';

const never = () => false;

describe('title and branch', () => {
  it.each([
    [[{ app: app('shop'), changes: [change('a')] }], 'Change argocd/shop (1 object)'],
    [
      [
        { app: app('shop'), changes: [change('a'), change('b')] },
        { app: app('other'), changes: [change('c')] },
      ],
      'Change argocd/shop and 1 more app (3 objects)',
    ],
    [[], 'Change 2 files'],
  ])('proposes a title', (apps, title) => {
    expect(proposeTitle(apps, ['x', 'y'])).toBe(title);
  });

  it('makes branch names that git and every shell take, whatever the title', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (title) => {
        const branch = proposeBranch(title, never);
        expect(branch).toMatch(/^plumbline\/[a-z0-9-]+$/);
        expect(branch.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('numbers a name that is taken', () => {
    const taken = new Set(['plumbline/a', 'plumbline/a-2']);
    expect(proposeBranch('A!', (name) => taken.has(name))).toBe('plumbline/a-3');
  });

  it('lets no name from a repository speak in a title', () => {
    const hostile = app('x` @team closes #1 ![](http://a)\u202e');
    expect(proposeTitle([{ app: hostile, changes: [] }], [])).not.toMatch(/[@#`!\]\u202e]/);
  });
});

describe('body', () => {
  it('sums up, lists files and shows each object as a diff', () => {
    const body = composeBody({
      apps: [{ app: app('shop'), changes: [change('config')] }],
      paths: ['shop/values.yaml'],
      against: 'origin/main aaaaaaa',
      ridesAlong: [],
    });
    expect(body).toMatchInlineSnapshot(`
      "Rendered difference to \`origin/main aaaaaaa\`, computed by Plumbline.

      | app | added | changed | removed |
      | --- | ---: | ---: | ---: |
      | \`argocd/shop\` | 0 | 1 | 0 |

      Files:
      - \`shop/values.yaml\`

      ### \`argocd/shop\`

      \`ConfigMap shop/config\` changed

      \`\`\`diff
      --- before
      +++ after
      @@ -4,4 +4,4 @@
         name: config
         namespace: shop
       data:
      -  a: "1"
      +  a: "2"
      \`\`\`
      "
    `);
  });

  it('names the commits whose changes ride along, as text that does nothing', () => {
    const body = composeBody({
      apps: [],
      paths: ['a.yaml'],
      against: 'main',
      ridesAlong: ['4f2c1d9 Raise a, closes #1', '0a1b2c3 `x` @team'],
    });
    expect(body).toContain(
      [
        'Files:',
        '- `a.yaml`',
        '',
        'Local commits whose changes in these files ride along:',
        '- `4f2c1d9 Raise a, closes #1`',
        '- `0a1b2c3  x  @team`',
      ].join('\n'),
    );
  });

  it('keeps every text inside its fence', () => {
    const data = { text: '````\n@everyone closes #1\n```' };
    const metadata = { name: 'x', namespace: 'y' };
    const after = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    const body = composeBody({
      apps: [{ app: app('shop'), changes: [change('x', { after })] }],
      paths: ['a`b\n@c'],
      against: 'main',
      ridesAlong: [],
    });
    expect(body).toContain('`````diff\n');
    expect(body).toContain('- `a b @c`');
    const outside = body.replaceAll(/`````diff[^]*?\n`````/g, '');
    expect(outside).not.toContain('@everyone');
  });

  it('says what it leaves out of a text that a forge would refuse', () => {
    const data = { text: 'x\n'.repeat(4000) };
    const after = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data,
    });
    const changes = Array.from({ length: 40 }, (_, index) =>
      change(`c${index}`, { action: 'added', after: after(`c${index}`), before: undefined }),
    );
    const body = composeBody({
      apps: [{ app: app('shop'), changes }],
      paths: [],
      against: 'main',
      ridesAlong: [],
    });
    expect(body.length).toBeLessThanOrEqual(61_000);
    expect(body).toMatch(/_\d+ more parts are left out: the text would be too long\._$/);
  });
});

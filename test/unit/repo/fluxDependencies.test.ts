import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import { appNamed, discovered, type FileTable } from './inMemory';

type Waits = Readonly<Record<string, readonly string[]>>;

/** Kustomizations in one folder, each with what it depends on, as `name` or `namespace/name`. */
function cluster(folder: string, waits: Waits, kind = 'Kustomization'): FileTable {
  const group = kind === 'HelmRelease' ? 'helm' : 'kustomize';
  return Object.fromEntries(
    Object.entries(waits).map(([name, all]) => [
      `${folder}/${name}.yaml`,
      JSON.stringify({
        apiVersion: `${group}.toolkit.fluxcd.io/v2`,
        kind,
        metadata: { name, namespace: 'flux-system' },
        spec: {
          path: './x',
          sourceRef: { kind: 'GitRepository', name: 'flux-system' },
          dependsOn: all.map((label) => {
            const [first = '', second] = label.split('/');
            return second === undefined ? { name: first } : { namespace: first, name: second };
          }),
        },
      }),
    ]),
  );
}

function circles(apps: readonly App[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    apps.flatMap(({ name, problems }) =>
      problems
        .filter(({ code }) => code === 'dependency-cycle')
        .map(({ message }) => [name, message.replaceAll('flux-system/', '')]),
    ),
  );
}

const SAID = 'spec.dependsOn goes in a circle, so that Flux never applies it: ';

describe('dependsOn', () => {
  it.each(['Kustomization', 'HelmRelease'])('of a %s names apps of its kind', (kind) => {
    const files = cluster('c', { a: ['b', 'other/c'], b: [] }, kind);
    expect(appNamed(discovered(files), 'a').dependsOn).toEqual(['flux-system/b', 'other/c']);
    expect(appNamed(discovered(files), 'b')).not.toHaveProperty('dependsOn');
  });

  it('says of each app in a circle how it goes, and of no other', () => {
    const waits = { a: ['b'], b: ['c'], c: ['a'], before: [], waiting: ['a', 'before'] };
    expect(circles(discovered(cluster('c', waits)).apps)).toEqual({
      a: `${SAID}a → b → c → a.`,
      b: `${SAID}b → c → a → b.`,
      c: `${SAID}c → a → b → c.`,
    });
  });

  it('sees an app that waits for itself', () => {
    expect(circles(discovered(cluster('c', { a: ['a'] })).apps)).toEqual({ a: `${SAID}a → a.` });
  });

  it('keeps clusters that share names apart, and kinds', () => {
    const one = cluster('clusters/one', { a: ['b'], b: [] });
    const two = cluster('clusters/two', { a: [], b: ['a'] });
    expect(circles(discovered({ ...one, ...two }).apps)).toEqual({});
    const releases = cluster('clusters/one/releases', { b: ['a'] }, 'HelmRelease');
    expect(circles(discovered({ ...one, ...releases }).apps)).toEqual({});
  });

  it('ends where a way has no end in sight', () => {
    expect(circles(discovered(cluster('c', { a: ['gone'], b: ['a', 'a'] })).apps)).toEqual({});
  });
});

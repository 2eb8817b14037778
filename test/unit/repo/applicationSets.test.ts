import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import {
  definedSets,
  type DefinedSet,
  type Expansion,
  generatedManifests,
  isComplete,
  setNotes,
  setProblems,
  withoutLogins,
} from '../../../src/repo/applicationSets';
import { discover } from '../../../src/repo/discover';
import type { Manifest } from '../../../src/repo/manifests';
import { configMap, inputOf, REPO_URL, ROOT } from './inMemory';

function manifest(metadata: Readonly<Record<string, string>>, path = 'fleet.yaml'): Manifest {
  const apiVersion = 'argoproj.io/v1alpha1';
  const kind = 'ApplicationSet';
  return { object: { apiVersion, kind, metadata, spec: {} }, apiVersion, kind, path, line: 3 };
}

const nowhere = (): undefined => undefined;

function onlySet(metadata: Readonly<Record<string, string>> = { name: 'fleet' }): DefinedSet {
  const [set] = definedSets([manifest(metadata)], nowhere);
  if (set === undefined) throw new Error('no set');
  return set;
}

function applicationObject(name: string, path: string): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: REPO_URL, path, targetRevision: 'HEAD' },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
    },
  };
}

const POINTER = '/spec/generators/0';

function expansion(parts: Partial<Expansion> = {}): Expansion {
  return {
    applications: [],
    needsServer: [],
    problems: [],
    blocked: false,
    random: false,
    lines: new Map([[POINTER, 9]]),
    ...parts,
  };
}

function made(name: string, path: string, stale?: boolean): Expansion['applications'][number] {
  const params = { name, at: [`https://me:pw@git.acme.example/${name}`] };
  const object = applicationObject(name, path);
  return { object, params, pointer: POINTER, ...(stale === undefined ? {} : { stale }) };
}

describe('the sets of a repository', () => {
  it('live in the namespace of their kustomization, their own, or that of Argo CD', () => {
    const own = manifest({ name: 'a', namespace: 'tools' });
    const namespaces = (given: () => string | undefined): readonly string[] =>
      definedSets([own, manifest({ name: 'b' })], given).map(({ namespace }) => namespace);
    expect(namespaces(nowhere)).toEqual(['tools', 'argocd']);
    expect(namespaces(() => 'infra')).toEqual(['infra', 'infra']);
    expect(onlySet().object.metadata).toEqual({ name: 'fleet', namespace: 'argocd' });
  });

  it('have a name, and each only once in a file', () => {
    const found = definedSets(
      [
        manifest({}),
        manifest({ name: 'a' }),
        manifest({ name: 'a' }),
        manifest({ name: 'a' }, 'b'),
      ],
      nowhere,
    );
    expect(found.map(({ key }) => key)).toEqual([
      'fleet.yaml#ApplicationSet/argocd/a',
      'b#ApplicationSet/argocd/a',
    ]);
  });
});

describe('what a set makes', () => {
  it('stands at its generator and says what made it, without logins', () => {
    const whole = expansion({ applications: [made('a', 'x'), made('b', 'y', true)] });
    expect(generatedManifests(onlySet(), whole, ROOT)).toMatchObject([
      {
        manifest: { kind: 'Application', path: 'fleet.yaml', line: 9 },
        generatedBy: {
          set: { namespace: 'argocd', name: 'fleet' },
          params: { name: 'a', at: ['https://git.acme.example/a'] },
          place: { root: ROOT, path: 'fleet.yaml', line: 9 },
        },
      },
      { generatedBy: { stale: true } },
    ]);
    const unknown = expansion({ applications: [made('a', 'x')], lines: new Map() });
    expect(generatedManifests(onlySet(), unknown, ROOT)[0]?.manifest.line).toBe(3);
    expect(generatedManifests(onlySet(), undefined, ROOT)).toEqual([]);
  });

  it('is an app like a written one, and takes the folders that it renders', () => {
    const input = inputOf({
      'fleet.yaml':
        'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: fleet}\nspec: {generators: [{git: {directories: [{path: "*"}]}}]}\n',
      'x/a.yaml': configMap('a'),
      'z/b.yaml': configMap('b'),
    });
    const key = 'fleet.yaml#ApplicationSet/argocd/fleet';
    const whole = discover({
      ...input,
      expansions: new Map([[key, expansion({ applications: [made('a', 'x')] })]]),
    });
    expect(whole.apps.map((app) => app.key)).toEqual([
      `${ROOT}#fleet.yaml#Application/argocd/a`,
      `${ROOT}#z#Folder/`,
    ]);
    const items = whole.items.filter(({ kind }) => kind.startsWith('application'));
    expect(items).toMatchObject([{ kind: 'application-set', apps: [whole.apps[0]?.key] }]);
    expect(whole.problems).toEqual([]);
    // As long as a part of the set is unknown, its pattern speaks for the rest.
    const needsServer = [{ generator: 'clusters', reason: 'Which?', pointer: POINTER }];
    const part = expansion({ applications: [made('a', 'x')], needsServer });
    const partly = discover({ ...input, expansions: new Map([[key, part]]) });
    expect(partly.apps.map(({ name }) => name)).toEqual(['a']);
    expect(partly.problems).toMatchObject([
      { code: 'application-set-needs-server', location: { path: 'fleet.yaml', line: 9 } },
    ]);
    expect(discover(input).problems).toMatchObject([{ code: 'unexpanded-application-set' }]);
  });

  it('is known whole when nothing is missing, broken or from before', () => {
    expect(isComplete(undefined)).toBe(false);
    expect(isComplete(expansion())).toBe(true);
    expect(isComplete(expansion({ blocked: true }))).toBe(false);
    expect(isComplete(expansion({ applications: [made('a', 'x', true)] }))).toBe(false);
  });
});

describe('what is said of a set', () => {
  const at = { path: 'fleet.yaml', line: 9 };
  const failure = {
    severity: 'error' as const,
    code: 'generation',
    message: 'No map has https://me:pw@h/x.',
    pointer: POINTER,
  };

  it('is one sentence where it is blocked, and what becomes of its Applications', () => {
    const broken = expansion({ blocked: true, problems: [failure, failure] });
    expect(setProblems(onlySet(), broken, [])).toEqual([
      {
        severity: 'error',
        code: 'application-set',
        message:
          'ApplicationSet fleet: No map has https://h/x. Argo CD leaves its Applications as they are.',
        location: at,
      },
    ]);
    const kept = expansion({ ...broken, applications: [made('a', 'x', true)] });
    expect(setProblems(onlySet(), kept, [])[0]?.message).toMatch(/shown as they were last\.$/);
    expect(setNotes(broken)).toEqual(['No map has https://h/x.']);
  });

  it('is each thing that is wrong where it is not', () => {
    const twice = { ...failure, code: 'duplicate-application' };
    expect(setProblems(onlySet(), expansion({ problems: [twice, twice] }), [])).toMatchObject([
      { code: 'duplicate-application', location: at },
      { code: 'duplicate-application' },
    ]);
  });

  it('is what is assumed, random, patched', () => {
    const all = expansion({ random: true, assumedRepository: 'https://me:pw@h/x' });
    const said = setProblems(onlySet(), all, ['overlays/prod']);
    expect(said.map(({ code }) => code)).toEqual([
      'patched-definition',
      'assumed-repository',
      'application-set-random',
    ]);
    expect(JSON.stringify(said)).not.toContain('pw');
    expect(setNotes(all)).toEqual(['Random values of its template are generated at each render.']);
  });

  it.each([
    ['https://u:p@h/x', 'https://h/x'],
    ['see ssh://git@h:22/x and https://h/y', 'see ssh://h:22/x and https://h/y'],
    ['mail me@acme.example', 'mail me@acme.example'],
    ['https://h/x then a@b', 'https://h/x then a@b'],
  ])('never holds a login: %s', (text, shown) => {
    expect(withoutLogins(text)).toBe(shown);
  });
});

import { describe, expect, it } from 'vitest';
import type { AppSource } from '../../../src/model/app';
import type { HelmSource, RenderSource } from '../../../src/model/render';
import { holdsSecretValues, withoutSecretValues } from '../../../src/model/secretValues';

function local(render: RenderSource): AppSource {
  return { kind: 'local', root: '/r', render };
}

const HELM: HelmSource = {
  kind: 'helm',
  path: 'c',
  releaseName: 'r',
  namespace: 'n',
  valueFiles: [],
  includeCrds: true,
};

describe('a source as it is shown', () => {
  it('has none either while its repository is elsewhere', () => {
    const render: RenderSource = {
      kind: 'flux',
      path: 'x',
      kustomization: {},
      variables: { open: 'seen', secret: 'CANARY' },
      secretVariables: ['secret'],
    };
    const source: AppSource = { kind: 'elsewhere', repoUrl: 'https://r', path: 'x', render };
    const shown = JSON.stringify(withoutSecretValues(source));
    expect(shown).toContain('seen');
    expect(shown).not.toContain('CANARY');
  });

  it('has no values of Secrets', () => {
    const source = local({
      ...HELM,
      valuesFrom: [
        { kind: 'Secret', name: 's', text: 'CANARY' },
        { kind: 'Secret', name: 's', file: 'keys.yaml' },
        { kind: 'ConfigMap', name: 'm', text: 'seen: 1' },
      ],
    });
    const shown = withoutSecretValues(source);
    expect(JSON.stringify(shown)).not.toContain('CANARY');
    expect(shown).toMatchObject({
      render: { valuesFrom: [{ name: 's' }, { file: 'keys.yaml' }, { text: 'seen: 1' }] },
    });
  });

  it('has nothing but its kind and place where a value of a Secret can be anywhere', () => {
    const render = { ...HELM, secret: true, values: { deep: { token: 'CANARY' } } } as const;
    expect(withoutSecretValues(local(render))).toEqual(
      local({ kind: 'helm', path: 'c', secret: true } as HelmSource),
    );
  });

  it.each([
    [HELM, false],
    [{ ...HELM, secret: true } as const, true],
    [{ ...HELM, valuesFrom: [{ kind: 'Secret', name: 's', text: 'x' }] } as const, true],
    [{ ...HELM, valuesFrom: [{ kind: 'Secret', name: 's' }] } as const, false],
    [{ ...HELM, valuesFrom: [{ kind: 'ConfigMap', name: 's', text: 'x' }] } as const, false],
    [{ kind: 'flux', path: '', kustomization: {}, secretVariables: ['a'] } as const, true],
    [{ kind: 'kustomize', path: '' } as const, false],
    [
      {
        kind: 'several',
        path: '',
        namespace: '',
        parts: [{ index: 0, source: { ...HELM, secret: true } }],
      } as const,
      true,
    ],
  ])('says whether it holds any: %#', (source, expected) => {
    expect(holdsSecretValues(source)).toBe(expected);
  });

  it('has no variables of Secrets', () => {
    const shown = withoutSecretValues(
      local({
        kind: 'flux',
        path: '',
        kustomization: {},
        variables: { a: 'CANARY', b: '1' },
        secretVariables: ['a'],
      }),
    );
    expect(JSON.stringify(shown)).not.toContain('CANARY');
    expect(shown).toMatchObject({ render: { variables: { b: '1' }, secretVariables: ['a'] } });
  });

  it.each([
    local(HELM),
    local({ kind: 'flux', path: '', kustomization: {}, variables: { a: '1' } }),
    { kind: 'unsupported', reason: 'x' } as const,
  ])('stays as it is where there is nothing to hide', (source) => {
    expect(withoutSecretValues(source)).toEqual(source);
  });
});

import { describe, expect, it } from 'vitest';
import type { AppSource } from '../../../src/model/app';
import type { HelmSource, RenderSource } from '../../../src/model/render';
import { withoutSecretValues } from '../../../src/model/secretValues';

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

import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../../../src/model/appState';
import type { KubeContext } from '../../../src/model/cluster';
import { contextItems } from '../../../src/commands/contextItems';

function context(name: string, server: string, file = '/kube/a', problem?: string): KubeContext {
  return { ref: { file, name }, server, ...(problem !== undefined && { problem }) };
}

const cluster: ClusterState = {
  name: 'production',
  server: 'https://prod.acme.example',
  context: { file: '/kube/b', name: 'chosen' },
  connection: { kind: 'idle' },
  limits: [],
};

describe('contexts to choose from', () => {
  const contexts = [
    context('dev', 'https://dev.acme.example'),
    context('acme-Production-eu', 'https://eu.acme.example'),
    context('bad', '', '/kube/a', 'It has no server.'),
    context('admin', 'https://prod.acme.example'),
    context('chosen', 'https://other.acme.example', '/kube/b'),
    context('test', 'https://test.acme.example', '/kube/b'),
  ];
  const shown = (items: ReturnType<typeof contextItems>): readonly string[] =>
    items.map((item) => (item.kind === 'title' ? `# ${item.label}` : item.label));

  it('of an Argo CD say by whose word they are', () => {
    const told = context('in-cluster', 'https://x', 'argocd:argocd.acme.example');
    const [title, item] = contextItems([told], undefined);
    expect(title?.label).toBe('by the API of Argo CD at argocd.acme.example');
    expect(item).toMatchObject({ label: 'in-cluster', detail: title?.label });
  });

  it('come likely ones first, then by file, and what cannot be used last', () => {
    expect(shown(contextItems(contexts, cluster))).toEqual([
      '# Likely',
      'chosen',
      'admin',
      'acme-Production-eu',
      '# /kube/a',
      'dev',
      '# /kube/b',
      'test',
      '# Not usable',
      'bad',
    ]);
  });

  it('say which one is chosen, and why one is not usable', () => {
    const items = contextItems(contexts, cluster);
    const described = items.flatMap((item) => (item.kind === 'title' ? [] : [item.description]));
    expect(described).toContain('https://other.acme.example · chosen');
    expect(described.at(-1)).toBe('It has no server.');
  });

  it('are each there once, however many there are', () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      context(`c${index}`, `https://c${index % 7}.example`, `/kube/${index % 20}`),
    );
    const labels = contextItems(many, undefined).flatMap((item) =>
      item.kind === 'title' ? [] : [item.label],
    );
    expect(labels).toHaveLength(500);
    expect(new Set(labels).size).toBe(500);
  });
});

import type { App } from '../../../src/model/app';
import type { AppState, LocalComparison } from '../../../src/model/appState';
import type { ResourceChange } from '../../../src/model/change';
import { plainPolicy } from '../policy';

export function app(name: string, part: Partial<App> = {}): App {
  return {
    key: `/repo#apps/${name}.yaml#Application/argocd/${name}`,
    kind: 'Application',
    tool: 'argocd',
    namespace: 'argocd',
    name,
    presence: 'git',
    definedIn: { root: '/repo', path: `apps/${name}.yaml` },
    source: {
      kind: 'local',
      root: '/repo',
      render: { kind: 'directory', path: name, recurse: false },
    },
    follows: { repoUrl: 'https://git.acme.example/acme/gitops.git', revision: 'main' },
    destination: { cluster: { kind: 'control' }, namespace: name },
    policy: plainPolicy,
    problems: [],
    ...part,
  };
}

export function change(name: string, part: Partial<ResourceChange> = {}): ResourceChange {
  const metadata = { name, namespace: 'shop' };
  const sides = {
    before: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } },
    after: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '2' } },
  };
  return {
    id: { group: '', kind: 'ConfigMap', namespace: 'shop', name },
    apiVersion: 'v1',
    action: 'changed',
    fields: [{ pointer: '/data/a', before: '1', after: '2', whose: 'mine' }],
    notes: [],
    predicted: false,
    ...sides,
    ...part,
  };
}

export const against: LocalComparison['against'] = { ref: 'origin/main', commit: 'a'.repeat(40) };

export function state(name: string, part: Partial<AppState> = {}): AppState {
  return {
    app: app(name),
    working: { kind: 'discovered' },
    local: { kind: 'unknown' },
    live: { kind: 'unread' },
    problems: [],
    ...part,
  };
}

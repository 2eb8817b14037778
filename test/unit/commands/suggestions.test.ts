import { describe, expect, it } from 'vitest';
import type { SuggestionsInput } from '../../../src/commands/suggestions';
import { suggestApps } from '../../../src/commands/suggestions';
import { app, file, rendered, ROOT, state, without, workspace } from '../views/states';

const inputs = [file('base/web.yaml')];
const reader = (name: string) =>
  state(name, { working: { kind: 'rendered', desired: rendered(inputs) } });
const apps = [state('zeta'), reader('web'), state('alpha'), state('recent')];

function suggest(parts: Partial<SuggestionsInput> = {}): readonly string[] {
  const found = suggestApps({
    state: workspace({ apps }),
    activeFile: undefined,
    recent: [],
    accepts: () => true,
    ...parts,
  });
  return found.map((one) => `${one.group} ${one.app.name}`);
}

describe('suggested apps', () => {
  it('are those of the active file, then the most recent, then all by name', () => {
    expect(
      suggest({ activeFile: `${ROOT}/base/web.yaml`, recent: [app('recent').key, app('web').key] }),
    ).toEqual(['file web', 'recent recent', 'all alpha', 'all zeta']);
  });

  it('are each there once, and only where the command can act', () => {
    expect(suggest({ recent: [app('gone').key, app('zeta').key] })).toEqual([
      'recent zeta',
      'all alpha',
      'all recent',
      'all web',
    ]);
    expect(
      suggest({
        activeFile: `${ROOT}/base/web.yaml`,
        accepts: (one) => one.app.name === 'alpha',
      }),
    ).toEqual(['all alpha']);
  });

  it('say what they are and where they go', () => {
    const homeless = without(app('x'), 'destinationCluster');
    const [first] = suggestApps({
      state: workspace({ apps: [state('x', { app: homeless })] }),
      activeFile: undefined,
      recent: [],
      accepts: () => true,
    });
    expect(first).toMatchObject({ label: 'argocd/x', description: 'Application · no cluster' });
  });
});

import * as vscode from 'vscode';
import { parseFilter } from '../views/clusters/filter';
import type { AppStanding } from '../views/clusters/summary';
import { APP_STANDINGS } from '../views/clusters/summary';
import type { Command, CommandContext } from './command';

const LABELS: Readonly<Record<AppStanding, string>> = {
  drifted: 'Drifted',
  failing: 'Failing',
  pending: 'Merged or changed here, not yet applied',
  unknown: 'Not compared',
  'in-sync': 'In sync',
};

interface FilterItem extends vscode.QuickPickItem {
  readonly text: string;
}

/** Asks for words that an app has to have, or for a state; remembered for the workspace. */
export const filterTree: Command = async (context) => {
  const text = await askForFilter(context.tree.shape().filter?.text ?? '');
  if (text !== undefined) apply(context, text);
};

export const clearFilter: Command = (context) => {
  apply(context, '');
  return Promise.resolve();
};

function apply({ tree }: CommandContext, text: string): void {
  const filter = parseFilter(text);
  const { groupBy } = tree.shape();
  tree.reshape({ groupBy, ...(filter && { filter }) });
}

/** `undefined` when the user leaves it as it was. */
async function askForFilter(now: string): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<FilterItem>();
  pick.title = 'Filter Apps';
  pick.placeholder =
    'Words, or namespace:shop kind:HelmRelease project:… team:… state:drifted -word';
  pick.value = now;
  const suggest = (): void => {
    pick.items = itemsFor(pick.value.trim(), now);
  };
  pick.onDidChangeValue(suggest);
  suggest();
  try {
    return await new Promise<string | undefined>((resolve) => {
      pick.onDidAccept(() => resolve(pick.activeItems[0]?.text ?? pick.value));
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}

/** What was typed comes first, so that Enter takes it. */
function itemsFor(typed: string, now: string): FilterItem[] {
  const states = APP_STANDINGS.map((standing) => ({
    label: `$(filter) ${LABELS[standing]}`,
    description: `state:${standing}`,
    text: `state:${standing}`,
    alwaysShow: true,
  }));
  const behind = {
    label: '$(archive) Left behind by what is gone',
    description: 'state:left-behind',
    text: 'state:left-behind',
    alwaysShow: true,
  };
  const all = { label: '$(clear-all) Show all apps', text: '', alwaysShow: true };
  const own = { label: `$(search) ${typed}`, text: typed, alwaysShow: true };
  return [...(typed === '' ? [] : [own]), ...(now === '' ? [] : [all]), ...states, behind];
}

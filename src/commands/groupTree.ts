import * as vscode from 'vscode';
import type { Grouping } from '../views/clusters/shape';
import { GROUPINGS } from '../views/clusters/shape';
import type { Command } from './command';

const TITLES: Readonly<Record<Grouping, { readonly label: string; readonly detail: string }>> = {
  cluster: { label: 'Cluster', detail: 'Each cluster with the apps that go to it' },
  project: { label: 'Project', detail: 'The AppProject of Argo CD' },
  namespace: { label: 'Namespace', detail: 'Where the objects of an app go' },
  team: { label: 'Team', detail: 'A label or annotation team, owner or squad, else CODEOWNERS' },
};

/** Asks how the tree of clusters is grouped; remembered for the workspace. */
export const groupTree: Command = async ({ tree }) => {
  const { groupBy, ...rest } = tree.shape();
  const picked = await vscode.window.showQuickPick(
    GROUPINGS.map((grouping) => ({
      ...TITLES[grouping],
      description: grouping === groupBy ? 'now' : '',
      grouping,
    })),
    { title: 'Group Apps', placeHolder: 'By what?' },
  );
  if (picked !== undefined) tree.reshape({ ...rest, groupBy: picked.grouping });
};

import type { CommandId } from '../host/ids';
import { COMMANDS } from '../host/ids';
import { forgetArgoToken, storeArgoToken } from './argoToken';
import { assignCluster } from './assignCluster';
import { checkRepository } from './checkRepository';
import { chooseContext } from './chooseContext';
import type { Command } from './command';
import { compareApp } from './compareApp';
import { connectCluster } from './connectCluster';
import { createPullRequest } from './createPullRequest';
import { fetchCharts } from './fetchCharts';
import { clearFilter, filterTree } from './filterTree';
import { groupTree } from './groupTree';
import { openSource } from './openSource';
import { reconcile } from './reconcile';
import { refresh } from './refresh';
import { showChange } from './showChange';
import { showDiff } from './showDiff';
import { showImpact } from './showImpact';
import { showLive } from './showLive';
import { showLog } from './showLog';
import { showRendered } from './showRendered';
import { signIn } from './signIn';
import { sync } from './sync';

/** Every command of the manifest; one that is missing here does not compile. */
export const COMMAND_TABLE: Readonly<Record<CommandId, Command>> = {
  [COMMANDS.refresh]: refresh,
  [COMMANDS.connectCluster]: connectCluster,
  [COMMANDS.refreshCluster]: connectCluster,
  [COMMANDS.chooseContext]: chooseContext,
  [COMMANDS.assignCluster]: assignCluster,
  [COMMANDS.compareApp]: compareApp,
  [COMMANDS.showDiff]: showDiff,
  [COMMANDS.showChange]: showChange,
  [COMMANDS.showImpact]: showImpact,
  [COMMANDS.showRendered]: showRendered,
  [COMMANDS.showLive]: showLive,
  [COMMANDS.openSource]: openSource,
  [COMMANDS.sync]: sync,
  [COMMANDS.reconcile]: reconcile,
  [COMMANDS.createPullRequest]: createPullRequest,
  [COMMANDS.checkRepository]: checkRepository,
  [COMMANDS.fetchCharts]: fetchCharts,
  [COMMANDS.signIn]: signIn,
  [COMMANDS.storeArgoToken]: storeArgoToken,
  [COMMANDS.forgetArgoToken]: forgetArgoToken,
  [COMMANDS.filterTree]: filterTree,
  [COMMANDS.clearFilter]: clearFilter,
  [COMMANDS.groupTree]: groupTree,
  [COMMANDS.showLog]: showLog,
};

/** Every id that the manifest and the code share; a test holds package.json against this file. */

export const COMMANDS = {
  refresh: 'plumbline.refresh',
  connectCluster: 'plumbline.connectCluster',
  refreshCluster: 'plumbline.refreshCluster',
  chooseContext: 'plumbline.chooseContext',
  assignCluster: 'plumbline.assignCluster',
  compareApp: 'plumbline.compareApp',
  showDiff: 'plumbline.showDiff',
  showChange: 'plumbline.showChange',
  showImpact: 'plumbline.showImpact',
  showRendered: 'plumbline.showRendered',
  showLive: 'plumbline.showLive',
  openSource: 'plumbline.openSource',
  sync: 'plumbline.sync',
  reconcile: 'plumbline.reconcile',
  createPullRequest: 'plumbline.createPullRequest',
  checkRepository: 'plumbline.checkRepository',
  fetchCharts: 'plumbline.fetchCharts',
  signIn: 'plumbline.signIn',
  storeArgoToken: 'plumbline.storeArgoToken',
  forgetArgoToken: 'plumbline.forgetArgoToken',
  filterTree: 'plumbline.filterTree',
  clearFilter: 'plumbline.clearFilter',
  groupTree: 'plumbline.groupTree',
  showLog: 'plumbline.showLog',
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

export const VIEWS = {
  container: 'plumbline',
  clusters: 'plumbline.clusters',
  changes: 'plumbline.changes',
  repository: 'plumbline.repository',
} as const;

export const CONTEXT_KEYS = {
  /** `noFolder`, `virtual`, `loading`, `noApps`, `ready`: which welcome text applies. */
  workspace: 'plumbline.workspace',
  /** `missing`, `unusable`, `usable`: whether there is a context to connect with. */
  kubeconfig: 'plumbline.kubeconfig',
  /** `noGit`, `noCommit`, `unknown`, `known`: what the working copy can be compared with. */
  changes: 'plumbline.comparison',
  /** True while any cluster is connected. */
  connected: 'plumbline.connected',
  /** True while a filter hides apps of *Clusters*. */
  filtered: 'plumbline.filtered',
  /** True when *Changes* has something to put into a pull request. */
  hasChanges: 'plumbline.hasChanges',
} as const;

export const SETTINGS_SECTION = 'plumbline';

/** Keys below `plumbline.`. */
export const SETTINGS = {
  kubeconfigs: 'kubeconfigs',
  contexts: 'contexts',
  assignments: 'assignments',
  protectedClusters: 'protectedClusters',
  connect: 'connect',
  environment: 'environment',
  fetch: 'fetch',
  whileTyping: 'whileTyping',
  codeLens: 'codeLens.enabled',
  gutterMarks: 'gutterMarks.enabled',
  problems: 'problems.scope',
  helmLanguage: 'helm.detectLanguage',
  maxEngines: 'engines.maximum',
  engineTimeout: 'engines.timeoutSeconds',
  engineMemory: 'engines.memoryLimitMegabytes',
} as const;

/** Schemes of read-only documents: what runs, what Git means, all that an app renders. */
export const SCHEMES = {
  live: 'plumbline-live',
  git: 'plumbline-git',
  rendered: 'plumbline-rendered',
  /** Text of a pull request before it is opened; held in memory only. */
  plan: 'plumbline-plan',
  /** Never opened: carries the decoration of a tree row. */
  row: 'plumbline-row',
} as const;

export const LANGUAGES = { manifest: 'plumbline-manifest', helm: 'helm' } as const;

/** How the names of virtual documents end, which gives them the read-only manifest language. */
export const DOCUMENT_NAMES = [
  '*(live, *)',
  '*(Git)',
  '*(target)',
  '*(working copy)',
  '*(rendered)',
] as const;

export const COLORS = {
  drift: 'plumbline.driftForeground',
  mine: 'plumbline.mineForeground',
  pending: 'plumbline.pendingForeground',
  missing: 'plumbline.missingForeground',
  healthy: 'plumbline.healthyForeground',
  changeMark: 'plumbline.changeMark',
  removalMark: 'plumbline.removalMark',
} as const;

export const DIAGNOSTICS = 'plumbline';

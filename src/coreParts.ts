/**
 * About half of what the core is made of: the build makes a bundle of its own of it, which the
 * extension loads before the core, so that neither holds the host's thread for long.
 */
export * as compareLive from './diff/compareLive';
export * as compareRendered from './diff/compareRendered';
export * as discover from './repo/discover';
export * as assignClusters from './repo/assignClusters';
export * as unite from './repo/unite';
export * as rules from './validate/validator';
export * as syncStatus from './sync/statusOf';

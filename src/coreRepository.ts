/**
 * A part of what the core is made of. The build makes a bundle of its own of each of these parts; the
 * extension loads them one by one before the core, so that none holds the host's thread for long.
 */
export * as discover from './repo/discover';
export * as assignClusters from './repo/assignClusters';
export * as unite from './repo/unite';

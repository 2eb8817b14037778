/** A part of what the core is made of, like `coreRepository.ts`. */
export * as clusters from './live/clusters';
export * as argoServers from './live/argo/servers';
export * as git from './git/git';
export * as gitFetcher from './git/fetchRepository';
export * as forges from './forge/table';
export * as fetcher from './render/fetch';
export * as renderer from './render/renderer';

/** A part of what the core is made of, like `coreRepository.ts`. */
export * as compareLive from './diff/compareLive';
export * as compareRendered from './diff/compareRendered';
export * as withhold from './diff/withhold';
export * as remoteValidator from './validate/remoteValidator';
export * as schemas from './validate/schemas';
export * as rules from './validate/validator';
export * as syncStatus from './sync/statusOf';
export * as runSync from './sync/runArgo';

/** A part of what the core is made of, like `coreRepository.ts`: rendering, and looks at clusters. */
export * as live from './pipeline/live';

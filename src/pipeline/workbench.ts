import type { KubeObject } from '../model/resource';
import type { Refusal, Workbench } from '../model/workbench';
import { appObjects } from './appObjects';
import type { ObjectsRequest } from './appObjects';
import { createActions } from './actions';
import { argoUser } from './argoApi';
import { createContextLook } from './contextLook';
import { trimCharts } from './chartCache';
import { compareWith } from './compareWith';
import { connect, kubeOf } from './connecting';
import { createCore } from './core';
import type { CoreOptions } from './core';
import { documentText } from './documents';
import { createFlow } from './flow';
import type { FlowEvent } from './flow';
import { hunkImpact, impactOf } from './impact';
import { inputs } from './inputs';
import { createLive } from './live';
import { originOf } from './origins';
import { originsAt, originsOf } from './fieldOrigins';
import { placedFields } from './placedFields';
import { createProblems } from './problems';
import { createPullRequests } from './pullRequests';
import { fetchAndRender } from './rendering';

/** What the command line asks for beside what the editor needs. */
export interface CoreWorkbench extends Workbench {
  /** Reads what a cluster says of itself and its apps, and compares none of them. */
  connectCluster(name: string, signal: AbortSignal): Promise<void>;
  /** Looks for objects of a cluster that no list of an app names any more. */
  findOrphans(name: string, signal: AbortSignal): Promise<void>;
  /** What the app's controller would apply from the working copy, or from a revision. */
  objects(
    appKey: string,
    request: ObjectsRequest,
    signal: AbortSignal,
  ): Promise<readonly KubeObject[] | Refusal>;
}

/** The whole core; see `Workbench` for what it promises. */
export function createWorkbench(options: CoreOptions): CoreWorkbench {
  const core = createCore(options);
  const flow = createFlow(core);
  const push = (event: FlowEvent): void => flow.push([event]);
  core.definitionsMoved.event((root) => push({ kind: 'definitions', root }));
  const live = createLive(core, flow);
  const problems = createProblems();
  return {
    onDidChange: core.store.onDidChange,
    state: () => core.store.state(),
    ...inputs(core, push),
    async whenIdle() {
      for (;;) {
        await flow.idle();
        if (!core.activity.busy()) return core.store.flush();
        await core.activity.idle();
      }
    },
    contexts: () => kubeOf(core).contexts(),
    ...live,
    lookForContexts: createContextLook(core, push),
    argoUser: (server, signal) => argoUser(core, server, signal),
    async connectCluster(name, signal) {
      if (!core.trusted || !(await connect(core, name, signal))) return;
      push({ kind: 'assignment' });
      await flow.idle();
    },
    compareWith: (key, revision, signal) => compareWith(core, { key, revision }, signal),
    fetchCharts: (key, signal, onProgress) =>
      fetchAndRender(core, { key, signal, onProgress, anew: true }),
    trimCharts: (signal) => trimCharts(core, signal),
    impactOf: (path, options) => impactOf(core, path, options?.marked),
    hunkImpact: (path, hunk, signal) => hunkImpact(core, { path, hunk }, signal),
    problems: () => problems(core.store.state()),
    document: (request) => documentText(core, request),
    objects: (key, request, signal) => appObjects(core, { key, ...request }, signal),
    placedFields: (request) => placedFields(core, request),
    originOf: (key, resource) => originOf(core, key, resource),
    originsOf: (key, resource, pointer, signal) =>
      originsOf(core, { key, resource, pointer }, signal),
    originsAt: (request, line, signal) => originsAt(core, request, line, signal),
    ...createActions(core, { flow, live }),
    ...createPullRequests(core, flow),
    dispose() {
      core.lifetime.abort();
      for (const { run } of core.apps.values()) run?.abort();
      flow.dispose();
      core.kube?.dispose();
      core.deps.argoServers?.dispose();
      core.store.dispose();
      core.deps.validator?.dispose();
      core.deps.renderer.dispose();
    },
  };
}

import { join } from 'node:path';
import { startArgoCd } from './argocd.mjs';
import { ensureAssets, ensureTools } from './build.mjs';
import { startFlux } from './flux.mjs';
import { startGitea } from './gitea.mjs';
import { seed } from './seed.mjs';

const TOOLS_OF_PARTS = {
  gitea: ['gitea'],
  argocd: ['argocd', 'helm3', 'kustomize'],
  flux: ['flux-source-controller', 'flux-kustomize-controller', 'flux-helm-controller'],
};
const ASSETS_OF_PARTS = {
  gitea: ['gitea'],
  argocd: ['argocd'],
  flux: ['flux-source', 'flux-kustomize', 'flux-helm'],
};

/**
 * Everything past the bare clusters.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {import('./clusters.mjs').Context & { parts: ReadonlySet<string>, sampleDir?: string, keepSample?: boolean }} options
 */
export async function startControllers(lab, options) {
  const { parts, log, signal } = options;
  const asked = /** @type {(keyof typeof TOOLS_OF_PARTS)[]} */ (
    Object.keys(TOOLS_OF_PARTS).filter((part) => parts.has(part))
  );
  const build = { log, signal };
  const tools = await ensureTools(
    asked.flatMap((part) => TOOLS_OF_PARTS[part]),
    build,
  );
  const assets = await ensureAssets(
    asked.flatMap((part) => ASSETS_OF_PARTS[part]),
    build,
  );
  const context = {
    ...options,
    tools: { ...options.tools, ...tools },
    assets: { ...options.assets, ...assets },
  };
  const { production, staging } = lab.description.clusters;
  if (production === undefined || staging === undefined)
    throw new Error('the clusters are missing');
  const [gitea, argocd] = await Promise.all([
    parts.has('gitea') ? startGitea(context) : undefined,
    parts.has('argocd') ? startArgoCd(context, production, [staging]) : undefined,
    parts.has('flux') ? startFlux(context, staging) : undefined,
  ]);
  await lab.reached('controllers', { tools: context.tools, gitea, argocd });
  if (gitea === undefined) return;
  const sampleDir = options.sampleDir ?? join(options.dir, 'sample');
  const { keepSample } = options;
  await seed({ context, description: lab.description, gitea, sampleDir, keepSample });
  await lab.reached('seeded', { sampleDir });
}

import type { App } from '../model/app';
import type { ArgoSettings } from '../model/config';
import type { Problem } from '../model/problem';
import type { GitManner } from '../model/remote';
import type { KustomizeSource, RenderSource, SingleSource } from '../model/render';
import { singleSources } from '../model/render';
import { kustomizeBuild } from '../repo/kustomizeBuild';
import type { Core } from './core';

/** The settings of the app's Argo CD: those of the connected instance, else what the repository says. */
function argoSettingsOf(core: Core, app: App): ArgoSettings | undefined {
  if (app.tool !== 'argocd') return undefined;
  const session =
    app.controlCluster === undefined ? undefined : core.clusters.get(app.controlCluster);
  return session?.argoSettings ?? configuredFor(core, app.definedIn?.root);
}

export function configuredFor(core: Core, root: string | undefined): ArgoSettings | undefined {
  return root === undefined ? undefined : core.roots.get(root)?.discovery?.config.argocd;
}

/** What decides of the settings how an app renders; absent where nothing is known, or nothing matters. */
export function buildSettingsOf(core: Core, app: App): ArgoSettings | undefined {
  if (app.tool !== 'argocd' || app.source.kind !== 'local') return undefined;
  if ((app.source.mounts ?? []).length > 0) return argoSettingsOf(core, app);
  const isBuilt = singleSources(app.source.render).some(({ kind }) => kind === 'kustomize');
  return isBuilt ? argoSettingsOf(core, app) : undefined;
}

/** Whether the app's controller leaves submodules of other repositories out (`ARGOCD_GIT_MODULES_ENABLED`). */
export function leavesSubmodules(core: Core, app: App): boolean {
  return argoSettingsOf(core, app)?.gitSubmodules === false;
}

/** The source as its Argo CD renders it. */
export function withArgoSettings(
  source: RenderSource,
  settings: ArgoSettings | undefined,
): RenderSource {
  if (settings === undefined) return source;
  if (source.kind !== 'several') return built(source, settings);
  const parts = source.parts.map((part) =>
    'source' in part ? { ...part, source: built(part.source, settings) } : part,
  );
  return { ...source, parts };
}

function built<T extends SingleSource>(source: T, settings: ArgoSettings): T {
  if (source.kind !== 'kustomize') return source;
  return { ...source, build: kustomizeBuild(optionsFor(source, settings) ?? '').build };
}

/** Argo CD `KustomizeSettings.GetOptions`: a version has options of its own and not the general ones. */
function optionsFor({ version }: KustomizeSource, settings: ArgoSettings): string | undefined {
  if (version === undefined) return settings.kustomizeBuildOptions;
  return settings.kustomizeVersions?.[version];
}

/** The app as its Argo CD takes it, with what that does otherwise than here. */
export function withArgoProblems(core: Core, written: App): App {
  const app = withArgoManner(core, written);
  const problems = argoProblems(core, app);
  if (problems.length === 0) return app;
  const { definedIn } = app;
  const location = definedIn && {
    path: definedIn.path,
    ...(definedIn.line && { line: definedIn.line }),
  };
  const placed = problems.map((problem) => ({ ...problem, ...(location && { location }) }));
  return { ...app, problems: [...app.problems, ...placed] };
}

/** A repository that is in no open folder is asked for as the controller asks for it. */
function withArgoManner(core: Core, app: App): App {
  const { source } = app;
  if (source.kind !== 'elsewhere' || source.git === undefined) return app;
  if (!leavesSubmodules(core, app)) return app;
  return { ...app, source: { ...source, git: withoutSubmodules(source.git) } };
}

export function withoutSubmodules<T extends GitManner>({
  submodules: _,
  ...git
}: T): Omit<T, 'submodules'> {
  return git;
}

function argoProblems(core: Core, app: App): readonly Problem[] {
  const settings = argoSettingsOf(core, app);
  if (settings === undefined || app.source.kind !== 'local') return [];
  return singleSources(app.source.render).flatMap((source) => {
    switch (source.kind) {
      case 'kustomize':
        return kustomizeProblems(source, settings);
      case 'helm':
        return schemeProblems(source.valueFiles, settings);
      default:
        return [];
    }
  });
}

function kustomizeProblems(source: KustomizeSource, settings: ArgoSettings): readonly Problem[] {
  const { version } = source;
  const { from, kustomizeVersions = {} } = settings;
  if (version !== undefined && !Object.hasOwn(kustomizeVersions, version)) {
    return [
      {
        severity: 'error',
        code: 'kustomize-version',
        message: `Kustomize ${version} is not registered in ${from}: Argo CD refuses the app.`,
      },
    ];
  }
  const { unsupported } = kustomizeBuild(optionsFor(source, settings) ?? '');
  return [
    ...unsupported.map((option) => ({
      severity: 'warning' as const,
      code: 'kustomize-build-option',
      message: `${from} builds with ${option}, which is not done here.`,
    })),
    ...(version === undefined ? [] : [otherVersion(version)]),
  ];
}

function otherVersion(version: string): Problem {
  return {
    severity: 'info',
    code: 'kustomize-version',
    message: `Argo CD builds it with Kustomize ${version}; here it is built with 5.8.`,
  };
}

/** Argo CD's default of `helm.valuesFileSchemes` (`util/settings`). */
const SCHEMES: readonly string[] = ['https', 'http'];

function schemeProblems(files: readonly string[], settings: ArgoSettings): readonly Problem[] {
  const allowed = settings.valuesFileSchemes ?? SCHEMES;
  return files.flatMap((file) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(file)?.[1];
    if (scheme === undefined || allowed.includes(scheme)) return [];
    return [
      {
        severity: 'error' as const,
        code: 'values-file-scheme',
        message: `Argo CD takes no values files by ${scheme} (helm.valuesFileSchemes of ${settings.from}).`,
      },
    ];
  });
}

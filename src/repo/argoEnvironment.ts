import type { JsonObject } from '../model/resource';
import type { Findings } from './definition';
import { textAt } from './fields';
import type { SourceTree } from './sourceTree';

/** One entry of an Application's sources, and what of the Application its rendering uses. */
export interface ArgoSourceInput {
  readonly source: JsonObject;
  /** JSON pointer of the source: `/spec/source` or `/spec/sources/0`. */
  readonly pointer: string;
  readonly appName: string;
  readonly appNamespace: string;
  readonly project: string;
  readonly destinationNamespace: string;
  readonly findings: Findings;
  /** The sources with a `ref`, by `$name`; absent where the Application has one `source` only. */
  readonly refs?: ReadonlyMap<string, RefTarget>;
}

export interface RefTarget {
  /** Of the repository, where it is open or fetched; a chart is no tree. */
  readonly tree?: SourceTree;
  readonly repoUrl: string;
  readonly revision: string;
  /** The folder that stands for it where it is not the one of the render: below the root. */
  readonly folder: string;
  readonly isChart: boolean;
}

/** The namespace of Argo CD's installation manifests. */
export const ARGO_NAMESPACE = 'argocd';

/** Applications outside the control plane's namespace are named with theirs (`InstanceName`). */
export function instanceName(input: Pick<ArgoSourceInput, 'appName' | 'appNamespace'>): string {
  const own = input.appNamespace === '' || input.appNamespace === ARGO_NAMESPACE;
  return own ? input.appName : `${input.appNamespace}_${input.appName}`;
}

/**
 * Argo CD's build environment, as far as it is known before a sync; `$$` stands for a dollar, an
 * unknown name for nothing, both as `os.Expand` does it.
 */
export function buildEnvironment(input: ArgoSourceInput): (text: string) => string {
  const known: Readonly<Record<string, string>> = {
    ARGOCD_APP_NAME: instanceName(input),
    ARGOCD_APP_NAMESPACE: input.destinationNamespace,
    ARGOCD_APP_PROJECT_NAME: input.project,
    ARGOCD_APP_SOURCE_PATH: textAt(input.source, 'path') ?? '',
    ARGOCD_APP_SOURCE_REPO_URL: textAt(input.source, 'repoURL') ?? '',
    ARGOCD_APP_SOURCE_TARGET_REVISION: textAt(input.source, 'targetRevision') ?? '',
    $: '$',
  };
  const replace = (_: string, braced?: string, bare?: string): string => {
    const name = braced ?? bare ?? '';
    if (/^ARGOCD_APP_REVISION/.test(name)) noteRevisionVariable(input, name);
    return known[name] ?? '';
  };
  return (text) => text.replace(/\$(?:\{([^}]*)\}|(\$|\w+))/g, replace);
}

function noteRevisionVariable(input: ArgoSourceInput, name: string): void {
  input.findings.add({
    severity: 'info',
    code: 'depends-on-revision',
    message: `It uses ${name}, which is known only when Argo CD syncs; it is left empty here.`,
    pointer: input.pointer,
  });
}

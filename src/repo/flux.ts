import type { App, AppSource } from '../model/app';
import type { FluxSource, RenderSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import {
  builtFrom,
  createFindings,
  definedApp,
  type DefinitionContext,
  type Findings,
  type FluxGitSource,
  locateSource,
  type Placement,
  type SourceReference,
} from './definition';
import { flagAt, given, objectAt, objectsAt, textAt } from './fields';
import { fluxDestination, kustomizationPolicy } from './fluxPolicy';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** The app that a Flux Kustomization defines. */
export function fluxKustomizationApp(
  object: JsonObject,
  placement: Placement,
  context: DefinitionContext,
): App {
  const findings = createFindings(placement.definedIn);
  const reference = sourceReference(objectAt(object, 'spec', 'sourceRef'), placement.namespace);
  const git = context.gitSource(reference);
  const path = resolvePath('', textAt(object, 'spec', 'path') ?? '');
  const variables = substitutions({ object, placement, context, findings });
  const render: FluxSource = {
    kind: 'flux',
    path,
    kustomization: object,
    ...given('variables', variables),
  };
  return definedApp(placement, object, {
    kind: 'Kustomization',
    tool: 'flux',
    source: fluxAppSource({ reference, git, path, context, findings, build: () => render }),
    ...followsOf(git),
    destination: {
      cluster: fluxDestination(object),
      namespace: textAt(object, 'spec', 'targetNamespace') ?? '',
    },
    policy: kustomizationPolicy(object, placement.name, findings),
    problems: findings.all,
  });
}

export function sourceReference(
  reference: JsonObject | undefined,
  ownNamespace: string,
): SourceReference {
  return {
    kind: textAt(reference, 'kind') ?? '',
    namespace: textAt(reference, 'namespace') ?? ownNamespace,
    name: textAt(reference, 'name') ?? '',
  };
}

export function followsOf(git: FluxGitSource): Pick<App, 'follows'> {
  return git.kind === 'unknown' ? {} : given('follows', git.follows);
}

export interface FluxSourceRequest {
  readonly reference: SourceReference;
  readonly git: FluxGitSource;
  readonly path: string;
  readonly context: DefinitionContext;
  readonly findings: Findings;
  readonly build: (tree: SourceTree) => RenderSource | string;
}

/** Resolves a `sourceRef` to an open folder, to a repository elsewhere, or to a sentence. */
export function fluxAppSource(request: FluxSourceRequest): AppSource {
  const { reference, git, path, context, findings, build } = request;
  const label = `${reference.kind} ${reference.namespace}/${reference.name}`;
  if (reference.kind !== 'GitRepository') {
    const reason =
      reference.kind === ''
        ? 'It names no source.'
        : `Its source is ${label}; only Git repositories are supported yet.`;
    return { kind: 'unsupported', reason };
  }
  if (git.kind === 'known') {
    return locateSource({ follows: git.follows, path, context, findings, build });
  }
  const own = context.trees[0];
  if (git.kind === 'unknown' || own === undefined) {
    return { kind: 'unsupported', reason: `${label} is not defined in this repository.` };
  }
  findings.add({
    severity: 'info',
    code: 'assumed-repository',
    message: `${label} is not defined in this repository; it is taken to be this repository, as flux bootstrap sets it up.`,
    pointer: '/spec/sourceRef',
  });
  return builtFrom(own, { build });
}

interface SubstitutionInput {
  readonly object: JsonObject;
  readonly placement: Placement;
  readonly context: DefinitionContext;
  readonly findings: Findings;
}

/**
 * Variables of `postBuild.substituteFrom`, later entries winning. ConfigMaps are read from the
 * repository; a Secret never is, because what Git has of it is encrypted or not what runs.
 */
function substitutions(input: SubstitutionInput): Readonly<Record<string, string>> {
  const entries = objectsAt(input.object, 'spec', 'postBuild', 'substituteFrom');
  const resolved = entries.map((entry, index) => {
    const kind = textAt(entry, 'kind') ?? '';
    const name = textAt(entry, 'name') ?? '';
    const data =
      kind === 'ConfigMap' ? input.context.configMap(input.placement.namespace, name) : undefined;
    if (data === undefined) noteUnresolved(input, entry, index);
    return data ?? {};
  });
  return Object.assign({}, ...resolved) as Readonly<Record<string, string>>;
}

function noteUnresolved(
  { findings, placement }: SubstitutionInput,
  entry: JsonObject,
  at: number,
): void {
  const optional = flagAt(entry, 'optional');
  const kind = textAt(entry, 'kind') ?? 'source';
  const name = `${placement.namespace}/${textAt(entry, 'name') ?? ''}`;
  const why = kind === 'Secret' ? 'Secrets are not read' : 'it is not in this repository';
  findings.add({
    severity: optional ? 'info' : 'warning',
    code: 'unresolved-substitution',
    message: `The variables of ${kind} ${name} are unknown here: ${why}.`,
    pointer: `/spec/postBuild/substituteFrom/${at}`,
  });
}

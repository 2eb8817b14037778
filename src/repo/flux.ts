import type { App, AppSource } from '../model/app';
import type {
  FluxSource,
  RenderSource,
  UnresolvedData,
  UnresolvedVariables,
} from '../model/render';
import type { JsonObject } from '../model/resource';
import {
  builtFrom,
  createFindings,
  type DataObject,
  definedApp,
  type DefinitionContext,
  type Findings,
  type FluxGitSource,
  locateSource,
  type Placement,
  type SourceReference,
} from './definition';
import { flagAt, given, objectAt, objectsAt, textAt } from './fields';
import { dataReference, referenceLabel, unresolvedData, whyUnresolved } from './fluxData';
import { dependenciesOf } from './fluxDependencies';
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
  const { variables, secretVariables, unresolved } = substitutions({
    object,
    placement,
    context,
    findings,
  });
  const render: FluxSource = {
    kind: 'flux',
    path,
    kustomization: object,
    ...given('variables', variables),
    ...given('secretVariables', secretVariables),
    ...given('unresolvedVariables', unresolved),
    ...given('ignore', git.kind === 'known' ? git.ignore : undefined),
  };
  return definedApp(placement, object, {
    kind: 'Kustomization',
    tool: 'flux',
    source: fluxAppSource({ reference, git, path, context, findings, build: () => render }),
    ...followsOf(git),
    ...given('dependsOn', dependenciesOf(object, placement.namespace)),
    destination: {
      cluster: fluxDestination(object),
      namespace: textAt(object, 'spec', 'targetNamespace') ?? '',
    },
    policy: kustomizationPolicy(object, placement.name, findings),
    problems: findings.all,
  });
}

function sourceReference(reference: JsonObject | undefined, ownNamespace: string): SourceReference {
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
  const own = context.trees[0];
  if (git.kind === 'known') {
    const { follows, manner = {} } = git;
    const located = locateSource({ follows, manner, path, context, findings, build });
    return withRender(located, own && build(own));
  }
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

/** What Flux renders is written in its objects: no file of the repository says which tool it is. */
function withRender(source: AppSource, render: RenderSource | string | undefined): AppSource {
  const isKnown = source.kind === 'elsewhere' && render !== undefined && typeof render !== 'string';
  return isKnown ? { ...source, render } : source;
}

interface SubstitutionInput {
  readonly object: JsonObject;
  readonly placement: Placement;
  readonly context: DefinitionContext;
  readonly findings: Findings;
}

interface Substitutions {
  readonly variables: Readonly<Record<string, string>>;
  readonly secretVariables: readonly string[];
  readonly unresolved: readonly UnresolvedVariables[];
}

/**
 * Variables of `postBuild.substituteFrom`, later entries winning: of ConfigMaps and of Secrets that
 * the repository has in plain text.
 */
function substitutions(input: SubstitutionInput): Substitutions {
  const entries = objectsAt(input.object, 'spec', 'postBuild', 'substituteFrom');
  const variables = new Map<string, { readonly value: string; readonly isSecret: boolean }>();
  const unresolved: (UnresolvedData & { readonly losesTo: string[] })[] = [];
  entries.forEach((entry, index) => {
    const reference = dataReference(entry, input.placement.namespace);
    const data = input.context.data(reference);
    const pointer = `/spec/postBuild/substituteFrom/${index}`;
    const lacks = noteUnresolved(input, { entry, pointer, reference, data });
    const values = data.kind === 'known' ? data.values : {};
    for (const [name, value] of Object.entries(values)) {
      variables.set(name, { value, isSecret: reference.kind === 'Secret' });
      for (const { losesTo } of unresolved) losesTo.push(name);
    }
    if (lacks) unresolved.push({ ...unresolvedData(entry, reference, pointer), losesTo: [] });
  });
  return {
    unresolved,
    variables: Object.fromEntries([...variables].map(([name, { value }]) => [name, value])),
    secretVariables: [...variables].flatMap(([name, { isSecret }]) => (isSecret ? [name] : [])),
  };
}

interface Substitution {
  readonly entry: JsonObject;
  readonly pointer: string;
  readonly reference: SourceReference;
  readonly data: DataObject;
}

/** True where the repository does not have the data, or not all of it. */
function noteUnresolved(
  { findings }: SubstitutionInput,
  { entry, pointer, reference, data }: Substitution,
): boolean {
  const fromFiles = data.kind === 'known' && Object.keys(data.files).length > 0;
  const why = fromFiles ? 'a generator takes them from files' : whyUnresolved(data);
  if (why === undefined) return false;
  findings.add({
    severity: flagAt(entry, 'optional') ? 'info' : 'warning',
    code: 'unresolved-substitution',
    message: `The variables of ${referenceLabel(reference)} are unknown here: ${why}. The result is incomplete.`,
    pointer,
  });
  return true;
}

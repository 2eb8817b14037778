import type { ApplicationSetCluster } from '../model/applicationSet';
import type { ArgoSettings } from '../model/config';
import type { Json, JsonObject } from '../model/resource';
import { fieldAt, given, isObject, listAt, objectAt, textAt, textMapAt, textsAt } from './fields';

type Report = (message: string, pointer: string) => void;

const KNOWN = [
  'server',
  'kustomizeBuildOptions',
  'kustomizeVersions',
  'valuesFileSchemes',
  'newFileGlobbing',
  'gitSubmodules',
  'clusters',
];
const CLUSTER_KEYS = ['name', 'server', 'project', 'labels', 'annotations'];

/**
 * `argocd` of `.plumbline.yaml`: the settings of the Argo CD instance that the repository is for, for
 * whoever may not read them there. What is wrong is reported and left out.
 */
export function argoConfig(document: JsonObject, report: Report): ArgoSettings | undefined {
  const written = fieldAt(document, 'argocd');
  if (written === undefined) return undefined;
  if (!isObject(written)) {
    report('argocd must be a map.', '/argocd');
    return undefined;
  }
  noteUnknown(Object.keys(written), KNOWN, (message, key) => report(message, `/argocd/${key}`));
  return {
    from: '.plumbline.yaml',
    ...scalarOf(written, { key: 'server', type: 'string', report }),
    ...scalarOf(written, { key: 'kustomizeBuildOptions', type: 'string', report }),
    ...given('kustomizeVersions', versionsOf(written, report)),
    ...given('valuesFileSchemes', textsAt(written, 'valuesFileSchemes')),
    ...scalarOf(written, { key: 'newFileGlobbing', type: 'boolean', report }),
    ...scalarOf(written, { key: 'gitSubmodules', type: 'boolean', report }),
    ...clustersOf(written, report),
  };
}

function noteUnknown(
  keys: readonly string[],
  known: readonly string[],
  report: (message: string, key: string) => void,
): void {
  for (const key of keys) {
    if (!known.includes(key))
      report(`${key} is not known here; known are ${known.join(', ')}.`, key);
  }
}

const TYPE_WORDS = { string: 'a text', boolean: 'true or false' } as const;

interface Scalar {
  readonly key: 'server' | 'kustomizeBuildOptions' | 'newFileGlobbing' | 'gitSubmodules';
  readonly type: keyof typeof TYPE_WORDS;
  readonly report: Report;
}

function scalarOf(written: JsonObject, { key, type, report }: Scalar): Partial<ArgoSettings> {
  const value = fieldAt(written, key);
  if (value === undefined) return {};
  if (typeof value === type) return { [key]: value };
  report(`${key} must be ${TYPE_WORDS[type]}.`, `/argocd/${key}`);
  return {};
}

function versionsOf(written: JsonObject, report: Report): Readonly<Record<string, string>> {
  const versions = fieldAt(written, 'kustomizeVersions');
  const isMap = versions === undefined || isObject(versions);
  const known = textMapAt(written, 'kustomizeVersions');
  if (!isMap || Object.keys(known).length < Object.keys(versions ?? {}).length) {
    report('kustomizeVersions must be build options by version.', '/argocd/kustomizeVersions');
  }
  return known;
}

function clustersOf(written: JsonObject, report: Report): Pick<ArgoSettings, 'clusters'> {
  const clusters = fieldAt(written, 'clusters');
  if (clusters === undefined) return {};
  if (!Array.isArray(clusters)) {
    report('clusters must be a list.', '/argocd/clusters');
    return {};
  }
  const all = listAt(written, 'clusters').flatMap((entry, index) =>
    clusterOf(entry, (message, field = '') =>
      report(message, `/argocd/clusters/${index}${field === '' ? '' : `/${field}`}`),
    ),
  );
  return { clusters: all };
}

/** What the secret of a cluster says of it, without any login. */
function clusterOf(
  entry: Json,
  report: (message: string, field?: string) => void,
): readonly ApplicationSetCluster[] {
  const [name, server] = [textAt(entry, 'name'), textAt(entry, 'server')];
  if (!isObject(entry) || name === undefined || server === undefined) {
    report('A cluster of Argo CD needs a name and a server.');
    return [];
  }
  noteUnknown(Object.keys(entry), CLUSTER_KEYS, report);
  for (const field of ['labels', 'annotations']) noteTexts(entry, field, report);
  return [
    {
      name,
      server,
      ...given('project', textAt(entry, 'project')),
      ...given('labels', textMapAt(entry, 'labels')),
      ...given('annotations', textMapAt(entry, 'annotations')),
    },
  ];
}

function noteTexts(
  entry: JsonObject,
  field: string,
  report: (message: string, field: string) => void,
): void {
  const texts = Object.keys(textMapAt(entry, field)).length;
  const all = Object.keys(objectAt(entry, field) ?? {}).length;
  if (texts < all) report(`${field} must be texts.`, field);
}

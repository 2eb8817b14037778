import type { KubeObject } from '../../model/resource';
import { groupOf } from '../../model/resource';
import { isOpaque } from '../opaque';
import type { Finding, ObjectRule } from './rule';
import { NO_FINDINGS } from './rule';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

type NameForm = 'label' | 'subdomain' | 'path-segment';

/** Kinds whose names are not DNS subdomains (`ValidateObjectMeta` calls in `pkg/apis`). */
const FORMS: Readonly<Record<string, NameForm>> = {
  '/Namespace': 'label',
  '/Service': 'label',
  'certificates.k8s.io/CertificateSigningRequest': 'path-segment',
  'certificates.k8s.io/ClusterTrustBundle': 'path-segment',
  'networking.k8s.io/IPAddress': 'path-segment',
  'apiregistration.k8s.io/APIService': 'path-segment',
};

/** Every object needs a name that the API server accepts, or `generateName` where it makes one. */
export const metadataNameRule: ObjectRule = ({ object, schema }) => {
  const { name, generateName, namespace } = (object.metadata ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return [
    ...(hasText(name) ? nameFindings(object, name, schema !== undefined) : noName(generateName)),
    ...namespaceFindings(object, namespace),
  ];
};

function hasText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function noName(generateName: unknown): readonly Finding[] {
  if (hasText(generateName)) return NO_FINDINGS;
  const message = 'metadata.name is missing';
  return [{ severity: 'error', code: 'missing-name', message, pointer: '/metadata/name' }];
}

/** A kind that no schema knows may come from an aggregated API with rules of its own. */
function nameFindings(object: KubeObject, name: string, known: boolean): readonly Finding[] {
  if (!known || isOpaque(name, object)) return NO_FINDINGS;
  const fault = nameFault(name, formOf(object)) ?? lengthFault(object, name);
  if (fault === undefined) return NO_FINDINGS;
  const message = `metadata.name ${fault}`;
  return [{ severity: 'error', code: 'invalid-name', message, pointer: '/metadata/name' }];
}

function formOf(object: KubeObject): NameForm {
  const group = groupOf(object.apiVersion);
  if (group === 'rbac.authorization.k8s.io') return 'path-segment';
  return FORMS[`${group}/${object.kind}`] ?? 'subdomain';
}

function nameFault(name: string, form: NameForm): string | undefined {
  if (form === 'path-segment') {
    return /^\.{1,2}$|[/%]/.test(name)
      ? 'must not be "." or ".." nor contain "/" or "%"'
      : undefined;
  }
  return form === 'label'
    ? formFault(name, { pattern: LABEL, limit: 63, marks: '"-"' })
    : formFault(name, { pattern: SUBDOMAIN, limit: 253, marks: '"-" or "."' });
}

function formFault(
  name: string,
  { pattern, limit, marks }: { pattern: RegExp; limit: number; marks: string },
): string | undefined {
  if (name.length > limit) return `must be at most ${limit} characters long`;
  return pattern.test(name)
    ? undefined
    : `must be lower case letters, digits, ${marks}, and begin and end with a letter or digit`;
}

/** The names of a CronJob's Jobs add 11 characters to it. */
function lengthFault(object: KubeObject, name: string): string | undefined {
  const isCronJob = object.kind === 'CronJob' && groupOf(object.apiVersion) === 'batch';
  return isCronJob && name.length > 52
    ? 'must be at most 52 characters long for a CronJob'
    : undefined;
}

function namespaceFindings(object: KubeObject, namespace: unknown): readonly Finding[] {
  if (!hasText(namespace) || isOpaque(namespace, object)) return NO_FINDINGS;
  const fault = nameFault(namespace, 'label');
  if (fault === undefined) return NO_FINDINGS;
  const message = `metadata.namespace ${fault}`;
  return [{ severity: 'error', code: 'invalid-name', message, pointer: '/metadata/namespace' }];
}

import { describe, expect, it } from 'vitest';
import { fillsEmpty, isServerDefault } from '../../../src/diff/defaults';
import type { LiveOnlyField } from '../../../src/diff/defaults';
import { factsOf } from '../../../src/diff/kinds';
import { namesOf } from '../../../src/diff/path';
import type { Path } from '../../../src/diff/path';
import type { Json, JsonObject } from '../../../src/model/resource';

function isDefault(kind: string, dotted: string, value: Json, live: JsonObject = {}): boolean {
  return isServerDefault(fieldOf(kind, dotted, value, live));
}

function fieldOf(kind: string, dotted: string, value: Json, live: JsonObject = {}): LiveOnlyField {
  const [apiVersion = '', name = ''] = kind.split(' ');
  const path: Path = dotted
    .split('.')
    .map((part) => (part === '0' ? { id: '#0', before: 0 } : part));
  const facts = factsOf({ apiVersion, kind: name });
  return { path, names: namesOf(path), value, live, facts };
}

const container = 'spec.template.spec.containers.0';
const pod = (body: JsonObject): JsonObject => ({
  spec: { template: { spec: { serviceAccountName: 'web', containers: [body] } } },
});

describe('server defaults', () => {
  it.each<[string, string, Json, boolean]>([
    ['apps/v1 Deployment', 'spec.revisionHistoryLimit', 10, true],
    ['apps/v1 Deployment', 'spec.revisionHistoryLimit', 3, false],
    ['apps/v1 Deployment', 'spec.strategy.rollingUpdate.maxSurge', '25%', true],
    ['apps/v1 Deployment', 'spec.strategy.rollingUpdate.maxSurge', '50%', false],
    ['apps/v1 Deployment', 'spec.template.spec.dnsPolicy', 'ClusterFirst', true],
    ['apps/v1 Deployment', 'spec.template.spec.dnsPolicy', 'Default', false],
    ['apps/v1 Deployment', 'spec.template.spec.securityContext', {}, true],
    ['apps/v1 Deployment', 'spec.template.spec.hostNetwork', true, false],
    ['apps/v1 Deployment', `${container}.livenessProbe.timeoutSeconds`, 1, true],
    ['apps/v1 Deployment', `${container}.livenessProbe.timeoutSeconds`, 5, false],
    ['apps/v1 Deployment', `${container}.ports.0.protocol`, 'TCP', true],
    ['apps/v1 Deployment', `${container}.ports.0.protocol`, 'UDP', false],
    ['v1 Service', 'spec.clusterIP', '10.0.0.7', true],
    ['v1 Service', 'spec.ports.0.nodePort', 31234, true],
    ['v1 Service', 'spec.type', 'ClusterIP', true],
    ['v1 Service', 'spec.type', 'NodePort', false],
    ['v1 Service', 'spec.externalIPs', ['1.2.3.4'], false],
    ['batch/v1 Job', 'spec.template.metadata.labels.controller-uid', 'x', true],
    ['apps/v1 Deployment', 'spec.template.metadata.labels.controller-uid', 'x', false],
    ['v1 PersistentVolumeClaim', 'spec.volumeName', 'pvc-1', true],
    ['v1 PersistentVolumeClaim', 'metadata.finalizers.0', 'kubernetes.io/pvc-protection', true],
    ['v1 PersistentVolumeClaim', 'metadata.finalizers.0', 'example.com/keep', false],
    ['v1 Namespace', 'spec.finalizers', ['kubernetes'], true],
    ['v1 Secret', 'type', 'Opaque', true],
    ['v1 ConfigMap', 'metadata.ownerReferences.0', { uid: 'x' }, true],
    ['v1 ConfigMap', 'metadata.namespace', 'shop', true],
    ['networking.k8s.io/v1 NetworkPolicy', 'spec.policyTypes', ['Ingress'], true],
    ['networking.k8s.io/v1 NetworkPolicy', 'spec.policyTypes', ['Egress'], false],
    ['v1 ConfigMap', 'data.protocol', 'TCP', false],
    ['v1 Service', 'metadata.labels.restartPolicy', 'Always', false],
    ['example.com/v1 Widget', 'spec.revisionHistoryLimit', 10, false],
    ['argoproj.io/v1alpha1 Rollout', 'spec.template.spec.dnsPolicy', 'ClusterFirst', true],
  ])('of %s: %s = %j: %s', (kind, dotted, value, expected) => {
    expect(isDefault(kind, dotted, value)).toBe(expected);
  });

  it.each<[string, Json, JsonObject, boolean]>([
    ['imagePullPolicy', 'Always', { image: 'web' }, true],
    ['imagePullPolicy', 'Always', { image: 'registry:5000/web:latest' }, true],
    ['imagePullPolicy', 'Always', { image: 'registry:5000/web' }, true],
    ['imagePullPolicy', 'IfNotPresent', { image: 'web:1.2' }, true],
    ['imagePullPolicy', 'IfNotPresent', { image: 'web@sha256:abc' }, true],
    ['imagePullPolicy', 'Always', { image: 'web:1.2' }, false],
    ['resources.requests.cpu', '1', { resources: { limits: { cpu: '1000m' } } }, true],
    ['resources.requests.cpu', '2', { resources: { limits: { cpu: '1000m' } } }, false],
    ['resources.requests.cpu', '2', {}, false],
    ['ports.0.hostPort', 80, { ports: [{ containerPort: 80 }] }, true],
    ['ports.0.hostPort', 81, { ports: [{ containerPort: 80 }] }, false],
  ])('of a container: %s = %j in %j: %s', (field, value, body, expected) => {
    const live = pod(body);
    expect(isDefault('apps/v1 Deployment', `${container}.${field}`, value, live)).toBe(expected);
  });

  it.each<[string, string, Json, Json, boolean]>([
    ['v1 Service', 'spec.externalTrafficPolicy', 'Cluster', '', true],
    ['v1 Service', 'spec.externalTrafficPolicy', 'Local', '', false],
    ['v1 Service', 'spec.externalTrafficPolicy', 'Cluster', 'Local', false],
    ['v1 Service', 'spec.internalTrafficPolicy', 'Cluster', '', false],
    ['apps/v1 Deployment', `${container}.ports.0.protocol`, 'TCP', '', true],
    ['apps/v1 Deployment', `${container}.terminationMessagePath`, '/dev/termination-log', '', true],
    ['apps/v1 Deployment', 'spec.replicas', 1, 0, false],
    ['v1 ConfigMap', 'data.type', 'Opaque', '', false],
    ['argoproj.io/v1alpha1 Rollout', 'spec.template.spec.dnsPolicy', 'ClusterFirst', '', false],
  ])('in place of what is empty in Git: %s: %s = %j for %j: %s', (kind, dotted, value, git, is) => {
    expect(fillsEmpty(fieldOf(kind, dotted, value), git)).toBe(is);
  });

  it('of the old name of the service account', () => {
    const at = 'spec.template.spec.serviceAccount';
    expect(isDefault('apps/v1 Deployment', at, 'web', pod({}))).toBe(true);
    expect(isDefault('apps/v1 Deployment', at, 'other', pod({}))).toBe(false);
  });

  it('of the target port of a Service', () => {
    const live: JsonObject = { spec: { ports: [{ port: 80 }] } };
    expect(isDefault('v1 Service', 'spec.ports.0.targetPort', 80, live)).toBe(true);
    expect(isDefault('v1 Service', 'spec.ports.0.targetPort', 8080, live)).toBe(false);
  });
});

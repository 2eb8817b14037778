/**
 * What the lab is made of: for each tool the Go package it is built from, and for each module the
 * files that a running lab needs beside the binaries (CRDs, templates). The versions are those of
 * the `go.mod` in `parts/<part>`.
 */

/**
 * @typedef {object} Tool
 * @property {string} part     folder below `parts/`
 * @property {string} package  main package inside the part's module graph
 * @property {string} [ldflags]
 * @property {string} [tags]
 * @property {boolean} [cgo]
 */

/**
 * @typedef {object} Assets
 * @property {string} part
 * @property {string} module  module of the part that carries the files
 * @property {Record<string, string>} copy  destination name → path in the module (file or folder)
 */

const KUBERNETES_VERSION = 'v1.36.3';
const GITEA_TAGS = 'sqlite sqlite_unlock_notify';

const kubernetesLdflags = [
  ['k8s.io/component-base/version.gitVersion', KUBERNETES_VERSION],
  ['k8s.io/component-base/version.gitMajor', '1'],
  ['k8s.io/component-base/version.gitMinor', '36'],
  ['k8s.io/component-base/version.gitTreeState', 'clean'],
  ['k8s.io/client-go/pkg/version.gitVersion', KUBERNETES_VERSION],
]
  .map(([name, value]) => `-X ${name}=${value}`)
  .join(' ');

/** @param {string} command @returns {Tool} */
const kubernetes = (command) => ({
  part: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${command}`,
  ldflags: kubernetesLdflags,
});

/** @type {Readonly<Record<string, Tool>>} */
export const TOOLS = {
  kubectl: kubernetes('kubectl'),
  kustomize: { part: 'kustomize', package: 'sigs.k8s.io/kustomize/kustomize/v5' },
  helm: {
    part: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    ldflags: '-X helm.sh/helm/v4/internal/version.version=v4.3.1',
  },
  'kube-apiserver': kubernetes('kube-apiserver'),
  etcd: { part: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kwok: {
    part: 'kwok',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    ldflags: '-X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0',
  },
  gitea: {
    part: 'gitea',
    package: 'code.gitea.io/gitea',
    ldflags: '-X main.Version=1.26.0',
    tags: GITEA_TAGS,
    cgo: true,
  },
  argocd: {
    part: 'argocd',
    package: 'github.com/argoproj/argo-cd/v3/cmd',
    ldflags: '-X github.com/argoproj/argo-cd/v3/common.version=3.2.6',
  },
  'argocd-applicationset': { part: 'applicationset', package: '.' },
  helm3: {
    part: 'helm3',
    package: 'helm.sh/helm/v3/cmd/helm',
    ldflags: '-X helm.sh/helm/v3/internal/version.version=v3.18.4',
  },
  registry: { part: 'registry', package: '.' },
  'flux-diff': { part: 'fluxdiff', package: '.' },
  'flux-kustomize-controller': {
    part: 'flux',
    package: 'github.com/fluxcd/kustomize-controller',
  },
  'flux-helm-controller': { part: 'fluxhelm', package: 'github.com/fluxcd/helm-controller' },
  'flux-source-controller': { part: 'fluxsource', package: 'github.com/fluxcd/source-controller' },
};

/** @type {Readonly<Record<string, Assets>>} */
export const ASSETS = {
  kwok: {
    part: 'kwok',
    module: 'sigs.k8s.io/kwok',
    copy: {
      'node-initialize.yaml': 'kustomize/stage/node/fast/node-initialize.yaml',
      'pod-ready.yaml': 'kustomize/stage/pod/fast/pod-ready.yaml',
      'pod-complete.yaml': 'kustomize/stage/pod/fast/pod-complete.yaml',
      'pod-delete.yaml': 'kustomize/stage/pod/fast/pod-delete.yaml',
    },
  },
  argocd: {
    part: 'argocd',
    module: 'github.com/argoproj/argo-cd/v3',
    copy: {
      'application-crd.yaml': 'manifests/crds/application-crd.yaml',
      'applicationset-crd.yaml': 'manifests/crds/applicationset-crd.yaml',
      'appproject-crd.yaml': 'manifests/crds/appproject-crd.yaml',
      config: 'manifests/base/config',
    },
  },
  'flux-kustomize': {
    part: 'flux',
    module: 'github.com/fluxcd/kustomize-controller',
    copy: { crds: 'config/crd/bases' },
  },
  'flux-helm': {
    part: 'fluxhelm',
    module: 'github.com/fluxcd/helm-controller',
    copy: { crds: 'config/crd/bases' },
  },
  'flux-source': {
    part: 'fluxsource',
    module: 'github.com/fluxcd/source-controller',
    copy: { crds: 'config/crd/bases' },
  },
  gitea: {
    part: 'gitea',
    module: 'code.gitea.io/gitea',
    copy: { options: 'options', templates: 'templates', public: 'public' },
  },
};

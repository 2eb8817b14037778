import { describe, expect, it } from 'vitest';
import { told } from './ciWorld';
import type { FileTable } from './inMemory';

type Case = readonly [name: string, files: FileTable, told: readonly string[]];

const CASES: readonly Case[] = [
  [
    'Jenkins: declarative',
    {
      Jenkinsfile: `pipeline {
  agent any
  environment {
    NS = 'shop'
    TAG = "\${env.BUILD_NUMBER}"
    CRED = credentials('x')
  }
  stages {
    stage('Staging') {
      environment { ENV = 'staging' }
      steps {
        // sh 'kubectl apply -k commented'
        sh "helm upgrade -i web charts/web -n \${NS} -f env/\${ENV}.yaml --set tag=\${TAG}"
      }
    }
    stage('Prod') {
      steps {
        dir('overlays') {
          sh '''
            kubectl config use-context prod
            kubectl apply -k prod -n $NS
          '''
        }
        sh(script: """
          kubectl apply -f manifests \\\\
            -n \\$NS
        """, label: 'apply')
      }
    }
  }
}
`,
    },
    [
      'web: helm web charts/web @shop -f env/staging.yaml --set tag=<pipeline:env.BUILD_NUMBER> ?${env.BUILD_NUMBER}',
      'overlays/prod: kustomize overlays/prod @shop >prod',
      'manifests: folder manifests @shop >prod',
    ],
  ],
  [
    'Jenkins: scripted, with environments',
    {
      Jenkinsfile: `node {
  withEnv(['ENV=prod', "NS=shop-\${params.X}"]) {
    sh label: 'apply', script: 'kubectl apply -k overlays/$ENV'
    sh 'helm upgrade -i web charts/web --set ns=$NS'
  }
}
`,
    },
    [
      'overlays/prod: kustomize overlays/prod',
      'web: helm web charts/web @default --set ns=shop-<pipeline:params.X> ?${params.X}',
    ],
  ],
  [
    'Scripts: one of the repository, with arguments',
    {
      '.gitlab-ci.yml': `prod: {script: [./deploy.sh prod shop]}
staging: {variables: {TAG: v2}, script: ["bash scripts/deploy.sh staging"]}
`,
      'deploy.sh': `#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
ENV=\${1:?which}
NS="\${2:-default-ns}"
kubectl apply -k overlays/$ENV -n "$NS"
`,
      'scripts/deploy.sh': `HERE="$(cd "$(dirname "\${BASH_SOURCE[0]}")" && pwd)"
ROOT=$(git rev-parse --show-toplevel)
deploy() { local env=$1; helm upgrade -i web "$ROOT/charts/web" -f "$ROOT/env/$env.yaml" --set tag=\${TAG:-latest}; }
deploy "$1"
`,
    },
    [
      'overlays/prod: kustomize overlays/prod @shop',
      'web: helm web charts/web @default -f env/staging.yaml --set tag=v2',
    ],
  ],
  [
    'Scripts: make',
    {
      '.github/workflows/x.yml': `jobs: {d: {steps: [{run: make deploy ENV=prod}, {run: make -C ops}]}}
`,
      Makefile: `NS ?= shop
FLAGS := --set a=1 \\
  --set b=2
.PHONY: deploy lint
lint:
	helm lint charts/web
deploy: lint
	@helm upgrade -i web-$(ENV) charts/web -n \${NS} $(FLAGS) --set sha=$$GITHUB_SHA
	-cd overlays && kubectl apply -k $(ENV)
`,
      'ops/Makefile': `all: apply
apply:
	kubectl apply -f ../manifests
`,
    },
    [
      'web-prod: helm web-prod charts/web @shop --set a=1 --set b=2 --set sha=<pipeline:GITHUB_SHA> ?$GITHUB_SHA',
      'overlays/prod: kustomize overlays/prod',
      'manifests: folder manifests',
    ],
  ],
  [
    'Scripts: sourced settings, functions, shells in shells',
    {
      '.github/workflows/x.yml': `jobs: {d: {steps: [{run: "source ci/env.sh\\nsudo -E bash -c 'kubectl apply -k overlays/'$ENV\\ntime env X=1 helm upgrade -i web charts/web -n $NS"}]}}
`,
      'ci/env.sh': `export ENV=prod
NS=shop
`,
    },
    ['overlays/prod: kustomize overlays/prod', 'web: helm web charts/web @shop'],
  ],
  [
    'helmfile: releases as helm would be called',
    {
      Jenkinsfile: "node { sh 'helmfile apply' }",
      'helmfile.yaml': `repositories: [{name: acme, url: https://charts.acme.example}, {name: reg, url: registry.acme.example/charts, oci: true}]
helmDefaults: {kubeContext: prod}
releases:
  - name: web
    namespace: shop
    chart: ./charts/web
    values: [env/prod.yaml, {image: {tag: "1.10"}, replicas: 2, on: true}]
    set: [{name: a.b, value: "x,y"}, {name: list, values: [1, 2]}]
  - {name: db, chart: acme/postgres, version: 1.2.3, kubeContext: data}
  - {name: q, chart: reg/queue}
  - {name: off, chart: ./charts/api, installed: false}
  - {name: lost, chart: other/x}
  - {name: gone, chart: ./charts/api, values: [nowhere.yaml], secrets: [s.yaml]}
`,
    },
    [
      'web: helm web charts/web @shop -f env/prod.yaml --set a.b=x\\,y --set list={1,2} {"image":{"tag":"1.10"},"replicas":2,"on":true} >prod',
      'db: helm db https://charts.acme.example postgres 1.2.3 @default >data',
      'q: helm q oci://registry.acme.example/charts queue @default >prod',
      'lost: UNSUPPORTED The chart other/x is in no folder and no repository of the helmfile. >prod',
      'gone: UNSUPPORTED The values file nowhere.yaml is not in the repository. >prod !Values files of secrets are decrypted in the run; they are left out here.',
    ],
  ],
  [
    'helmfile: selectors and environments',
    {
      Jenkinsfile: "node { sh 'helmfile -f deploy/helmfile.yaml -e prod -l tier=front sync' }",
      'deploy/helmfile.yaml': `releases:
  - name: web-{{ .Environment.Name }}
    chart: ../charts/web
    labels: {tier: front}
    values: ["../env/{{ .Environment.Name }}.yaml"]
  - {name: api, chart: ../charts/api}
`,
    },
    ['web-prod: helm web-prod charts/web @default -f env/prod.yaml'],
  ],
  [
    'helmfile: templates are named',
    {
      Jenkinsfile: "node { sh 'helmfile apply' }",
      'helmfile.yaml': `releases:
{{ range .Values.apps }}
  - {name: x}
{{ end }}
`,
    },
    ['helmfile.yaml: UNSUPPORTED The helmfile is a template of helmfile itself, which is not run.'],
  ],
  [
    'helmfile: what it cannot follow is named',
    {
      Jenkinsfile: "node { sh 'helmfile apply' }",
      'helmfile.yaml': `bases: [x.yaml]
releases: []
`,
    },
    ['helmfile.yaml: UNSUPPORTED The helmfile uses bases, which are not followed.'],
  ],
  [
    'werf is named',
    {
      Jenkinsfile: "node { sh 'werf converge --env prod' }",
      '.helm/templates/x.yaml': `a: b
`,
    },
    [
      'werf: UNSUPPORTED werf gives the chart in .helm the images that it builds and values of its own in the run.',
    ],
  ],
  [
    'As written: set env in job and quotes',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    env:
      RELEASE_NAME: web
      IMAGE: registry.acme.example/web
    steps:
      - name: Deploy
        run: |
          helm dependency build ./charts/web
          helm upgrade "$RELEASE_NAME" ./charts/web \\
            --install \\
            --atomic \\
            --values ./charts/web/values-prod.yaml \\
            --set-string "image.repository=\${IMAGE}" \\
            --set "image.tag=\${GITHUB_SHA::8}" \\
            --namespace "prod" || exit 1
          kubectl -n prod rollout status deploy/web
`,
    },
    [
      'web: helm web charts/web @prod -f charts/web/values-prod.yaml --set-string image.repository=registry.acme.example/web --set image.tag=<pipeline:GITHUB_SHA_8> ?${GITHUB_SHA::8}',
    ],
  ],
  [
    'As written: outputs of a step',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    steps:
      - id: vars
        run: echo "tag=$(git rev-parse --short HEAD)" >> $GITHUB_OUTPUT
      - run: |
          cd overlays/prod
          kustomize edit set image acme/web=acme/web:\${{ steps.vars.outputs.tag }}
          kubectl apply -k . --context=prod
`,
    },
    [
      'overlays/prod: kustomize overlays/prod {"images":["acme/web=acme/web:<pipeline:steps.vars.outputs.tag>"]} >prod ?${{ steps.vars.outputs.tag }}',
    ],
  ],
  [
    'As written: kubectl with if and heredoc',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    steps:
      - run: |
          if ! kubectl get ns shop; then kubectl create ns shop; fi
          cat <<EOF > kustomization.yaml
          resources: [base]
          EOF
          kubectl apply -k .
`,
    },
    ['.: UNSUPPORTED The kustomization in the top folder is made in the run.'],
  ],
  [
    'As written: function with getopts and while',
    {
      '.gitlab-ci.yml': `deploy:
  script:
    - apk add helm
    - ./ci/run.sh -e prod -n shop
`,
      'ci/run.sh': `#!/bin/sh
while getopts "e:n:" opt; do
  case $opt in
    e) ENVIRONMENT=$OPTARG ;;
    n) NS=$OPTARG ;;
  esac
done
helm upgrade -i web ./charts/web -f env/$ENVIRONMENT.yaml -n "$NS"
`,
    },
    ['web: UNSUPPORTED The namespace $NS is known only in a run.'],
  ],
  [
    'As written: long options in a script',
    {
      '.gitlab-ci.yml': `deploy:
  script: [./ci/run.sh --env prod]
`,
      'ci/run.sh': `while [ $# -gt 0 ]; do
  case "$1" in
    --env) ENVIRONMENT="$2"; shift 2 ;;
    *) shift ;;
  esac
done
helm upgrade -i web charts/web -f env/$ENVIRONMENT.yaml
`,
    },
    ['web: helm web charts/web @default -f env/prod.yaml'],
  ],
  [
    'As written: xargs and find',
    {
      '.github/workflows/deploy.yml': `jobs: {d: {steps: [{run: "find manifests -name '*.yaml' | xargs -n1 kubectl apply -f"}, {run: "ls manifests/*.yaml | xargs kubectl apply -f"}]}}
`,
    },
    [
      'xargs: UNSUPPORTED What is applied is found by find in the run.',
      'xargs (#2): UNSUPPORTED What is applied is found by ls in the run.',
    ],
  ],
  [
    'As written: argo rollouts etc',
    {
      '.github/workflows/deploy.yml': `jobs: {d: {steps: [{run: "kubectl argo rollouts set image web web=x; flux reconcile kustomization x; argocd app sync web"}]}}
`,
    },
    [],
  ],
  [
    'As written: azure with variable in matrix display',
    {
      'azure-pipelines.yml': `trigger: none
stages:
- stage: Prod
  condition: succeeded()
  jobs:
  - deployment: Deploy
    environment: 'prod.shop'
    strategy:
      runOnce:
        deploy:
          steps:
          - checkout: self
          - task: KubectlInstaller@0
          - task: HelmInstaller@1
          - bash: |
              kubectl config use-context $(ctx)
              helm upgrade --install web $(System.DefaultWorkingDirectory)/charts/web -f $(Build.SourcesDirectory)/env/prod.yaml
            displayName: Deploy
`,
    },
    ['web: helm web charts/web @default -f env/prod.yaml'],
  ],
];

describe('Jenkins, scripts, make, helmfile and werf', () => {
  it.each(CASES)('%s', (_, files, expected) => {
    expect(told(files)).toEqual(expected);
  });
});

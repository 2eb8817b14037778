/** A pipeline, and what its runner hands to the shell for each app that it deploys. */
export interface PipelineCase {
  readonly name: string;
  /** Over the common content. */
  readonly files: Readonly<Record<string, string>>;
  readonly runs: readonly PipelineRun[];
}

export interface PipelineRun {
  /** The app that Plumbline shows for it. */
  readonly app: string;
  /**
   * What runs, with everything filled in that the runner fills in. Written by hand from the
   * documentation of the runner, so that nothing of Plumbline's reading is in it.
   */
  readonly shell: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where objects without a namespace go. */
  readonly namespace?: string;
}

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels: {{- toYaml .Values.labels | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          args: {{- toYaml .Values.args | nindent 12 }}
`;

const VALUES_MAP = `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-values, namespace: {{ .Release.Namespace }}}
data:
  values: {{ .Values | toJson | quote }}
  install: {{ .Release.IsInstall | quote }}
  motd: {{ .Files.Get "motd.txt" | quote }}
`;

const HOOK = `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  namespace: {{ .Release.Namespace }}
  annotations: {helm.sh/hook: pre-upgrade}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: migrate}]}}}
`;

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.acme.example}
spec:
  group: acme.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`;

function manifest(name: string, data = name): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {from: ${data}}\n`;
}

/** A workspace that has the repository, in which a run starts, below `src/app`. */
const BELOW =
  'mkdir -p .workspace/src; ln -s "$PWD" .workspace/src/app; cd .workspace; export GITHUB_WORKSPACE="$PWD";';

/** What all the cases deploy. */
export const CONTENT: Readonly<Record<string, string>> = {
  'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.0\n',
  'charts/web/values.yaml':
    'replicas: 1\nimage: {repository: acme/web, tag: latest}\nlabels: {team: web}\nargs: [serve]\n',
  'charts/web/values-prod.yaml': 'replicas: 5\nlabels: {stage: prod}\n',
  'charts/web/values-staging.yaml': 'replicas: 2\n',
  'charts/web/motd.txt': 'Hello\n',
  'charts/web/templates/deployment.yaml': DEPLOYMENT,
  'charts/web/templates/values.yaml': VALUES_MAP,
  'charts/web/templates/hook.yaml': HOOK,
  'charts/web/crds/widgets.yaml': CRD,
  'charts/worker/Chart.yaml': 'apiVersion: v2\nname: worker\nversion: 0.1.0\n',
  'charts/worker/values.yaml': 'queue: default\n',
  'charts/worker/templates/values.yaml': VALUES_MAP,
  'env/prod.yaml': 'image: {tag: stable}\nargs: [serve, --prod]\n',
  'env/staging.yaml': 'image: {tag: edge}\nlabels: {team: null}\n',
  'env/motd.txt': 'From a file, with {braces}\n',
  'base/kustomization.yaml':
    'resources: [deployment.yaml, config.yaml]\nconfigMapGenerator: [{name: settings, literals: [a=b]}]\n',
  'base/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - {name: api, image: acme/api, envFrom: [{configMapRef: {name: settings}}]}
        - {name: side, image: acme/side:1}
`,
  'base/config.yaml': manifest('config'),
  'overlays/prod/kustomization.yaml':
    'namespace: prod\nresources: [../../base]\nreplicas: [{name: api, count: 3}]\n',
  'overlays/staging/kustomization.yaml':
    'namePrefix: staging-\nresources: [../../base]\nimages: [{name: acme/side, newTag: "2"}]\n',
  'manifests/a.yaml': manifest('a'),
  'manifests/b.yml': `${manifest('b')}---\n${manifest('b-second')}`,
  'manifests/c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}\n',
  'manifests/notes.txt': 'no manifest\n',
  'manifests/more/d.yaml': manifest('d'),
  'other/e.yaml': manifest('e'),
};

const GITHUB = '.github/workflows/deploy.yml';
const GITLAB = '.gitlab-ci.yml';
const AZURE = 'azure-pipelines.yml';
const JENKINS = 'Jenkinsfile';

export const CASES: readonly PipelineCase[] = [
  {
    name: 'GitHub Actions: files filled in by envsubst and sed before they are applied',
    files: {
      'templates/app.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: filled-$STAGE}
data: {tag: "\${TAG}", sha: "$SHA", own: "$OWN", other: "$(date) \${X:-y}", image: acme/web:IMAGE_TAG}
`,
      'templates/values.yaml': 'image: {tag: "$TAG"}\nlabels: {stage: __STAGE__}\n',
      [GITHUB]: `env: {STAGE: prod}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          OWN=never
          export TAG=v1.2.3 SHA=\${{ github.sha }}
          envsubst < templates/app.yaml | kubectl apply -n one -f -
          envsubst '$TAG $STAGE' < templates/app.yaml > app.yaml
          sed -i -e 's|acme/\\(.*\\):IMAGE_TAG|registry.acme.example/\\1:'"$TAG"'|' app.yaml
          kubectl apply -n two -f app.yaml
          cat templates/values.yaml | envsubst | sed "s/__STAGE__/$STAGE/g; s/tag/tag/" > filled.yaml
          sed -i "s/^replicas: .*/replicas: 9/" charts/web/values.yaml
          sed -Ei 's/(ac)me\\/side:[0-9]+/\\1ute:7/' base/deployment.yaml
          helm upgrade --install web ./charts/web -n three -f filled.yaml
          kustomize build overlays/prod | kubectl apply -f -
`,
    },
    runs: [
      {
        app: 'templates/app.yaml (one)',
        shell: `export TAG=v1.2.3 SHA='<pipeline:github.sha>' STAGE=prod; envsubst < templates/app.yaml | kubectl apply -n one -f -`,
        namespace: 'one',
      },
      {
        app: 'templates/app.yaml (two)',
        shell: `export TAG=v1.2.3 STAGE=prod; envsubst '$TAG $STAGE' < templates/app.yaml > app.yaml; sed -i -e 's|acme/\\(.*\\):IMAGE_TAG|registry.acme.example/\\1:'"$TAG"'|' app.yaml; kubectl apply -n two -f app.yaml`,
        namespace: 'two',
      },
      {
        app: 'web',
        shell: `export TAG=v1.2.3 STAGE=prod; cat templates/values.yaml | envsubst | sed "s/__STAGE__/$STAGE/g; s/tag/tag/" > filled.yaml; sed -i "s/^replicas: .*/replicas: 9/" charts/web/values.yaml; helm upgrade --install web ./charts/web -n three -f filled.yaml`,
      },
      {
        app: 'overlays/prod',
        shell: `sed -Ei 's/(ac)me\\/side:[0-9]+/\\1ute:7/' base/deployment.yaml; kustomize build overlays/prod | kubectl apply -f -`,
        namespace: 'prod',
      },
    ],
  },
  {
    name: 'GitHub Actions: helm upgrade --install with files and values',
    files: {
      [GITHUB]: `on: {push: {branches: [main]}}
env:
  NAMESPACE: shop
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v4
      - uses: azure/setup-helm@v4
      - name: Deploy
        run: |
          helm upgrade --install web ./charts/web \\
            --namespace "$NAMESPACE" --create-namespace \\
            -f charts/web/values-prod.yaml -f env/prod.yaml \\
            --set image.tag=\${{ github.sha }} --set-string labels.build=42 \\
            --wait --timeout 10m
`,
    },
    runs: [
      {
        app: 'web',
        shell: `helm upgrade --install web ./charts/web --namespace "$NAMESPACE" --create-namespace -f charts/web/values-prod.yaml -f env/prod.yaml --set image.tag='<pipeline:github.sha>' --set-string labels.build=42 --wait --timeout 10m`,
        environment: { NAMESPACE: 'shop' },
      },
    ],
  },
  {
    name: 'GitHub Actions: a matrix of environments',
    files: {
      [GITHUB]: `jobs:
  deploy:
    strategy:
      matrix:
        environment: [staging, prod]
        include:
          - {environment: prod, replicas: 7}
    steps:
      - run: >-
          helm upgrade -i web-\${{ matrix.environment }} charts/web -n \${{ matrix.environment }}
          -f env/\${{ matrix.environment }}.yaml --set replicas=\${{ matrix.replicas || '1' }}
`,
    },
    runs: [
      {
        app: 'web-staging',
        shell: `helm upgrade -i web-staging charts/web -n staging -f env/staging.yaml --set replicas=1`,
      },
      {
        app: 'web-prod',
        shell: `helm upgrade -i web-prod charts/web -n prod -f env/prod.yaml --set replicas=7`,
      },
    ],
  },
  {
    name: 'GitHub Actions: every flag that sets a value',
    files: {
      [GITHUB]: `jobs:
  deploy:
    defaults: {run: {working-directory: env}}
    steps:
      - run: |
          helm upgrade -i web ../charts/web --set-file motd=motd.txt \\
            --set-json 'labels={"x":"y","z":"1"}' --set-literal image.tag=a,b \\
            --set 'args={one,two}' --set args[2]="th ree" --set "escaped=a\\,b" \\
            --set-string replicas=3 --no-hooks --skip-crds
`,
    },
    runs: [
      {
        app: 'web',
        shell: `cd env
helm upgrade -i web ../charts/web --set-file motd=motd.txt --set-json 'labels={"x":"y","z":"1"}' --set-literal image.tag=a,b --set 'args={one,two}' --set args[2]="th ree" --set "escaped=a\\,b" --set-string replicas=3 --no-hooks --skip-crds`,
      },
    ],
  },
  {
    name: 'GitHub Actions: helm upgrade alone',
    files: {
      [GITHUB]: `jobs: {d: {steps: [{run: "helm upgrade worker charts/worker -n jobs"}]}}\n`,
    },
    runs: [{ app: 'worker', shell: 'helm upgrade worker charts/worker -n jobs' }],
  },
  {
    name: 'GitHub Actions: helm template into kubectl',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: |
          set -euo pipefail
          helm template web charts/web -n shop --include-crds -f env/prod.yaml |
            kubectl apply -n shop -f -
`,
    },
    runs: [
      {
        app: 'web',
        shell: `set -euo pipefail
helm template web charts/web -n shop --include-crds -f env/prod.yaml |
  kubectl apply -n shop -f -`,
        namespace: 'shop',
      },
    ],
  },
  {
    name: 'GitHub Actions: kubectl apply -k in a loop',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: |
          for overlay in overlays/*; do
            kubectl apply -k "$overlay"
          done
`,
    },
    runs: [
      { app: 'overlays/prod', shell: 'kubectl apply -k overlays/prod' },
      { app: 'overlays/staging', shell: 'kubectl apply -k overlays/staging' },
    ],
  },
  {
    name: 'GitHub Actions: kustomize edit and build',
    files: {
      [GITHUB]: `jobs:
  deploy:
    env: {TAG: v1.2.3}
    steps:
      - working-directory: overlays/staging
        run: |
          kustomize edit set image acme/api=registry.acme.example/api:$TAG acme/side=acme/side:\${{ github.sha }}
          kustomize edit set namespace shop
          kustomize edit set namesuffix -- -blue
          kustomize edit set replicas api=4
          kustomize edit add annotation deployed-by:ci
          kustomize build . | kubectl apply --server-side -f -
`,
    },
    runs: [
      {
        app: 'overlays/staging',
        shell: `cd overlays/staging
kustomize edit set image acme/api=registry.acme.example/api:$TAG acme/side=acme/side:'<pipeline:github.sha>'
kustomize edit set namespace shop
kustomize edit set namesuffix -- -blue
kustomize edit set replicas api=4
kustomize edit add annotation deployed-by:ci
kustomize build . | kubectl apply --server-side -f -`,
        environment: { TAG: 'v1.2.3' },
      },
    ],
  },
  {
    name: 'GitHub Actions: kustomize edit add label',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: |
          pushd overlays/prod
          kustomize edit add label team:web tier:'"front"' --without-selector
          kubectl kustomize . | kubectl apply -f -
`,
    },
    runs: [
      {
        app: 'overlays/prod',
        shell: `cd overlays/prod
kustomize edit add label team:web tier:'"front"' --without-selector
kubectl kustomize . | kubectl apply -f -`,
      },
    ],
  },
  {
    name: 'GitHub Actions: a composite action',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - uses: ./.github/actions/release
        with: {stage: prod, release: 'shop-\${{ github.ref_name }}'}
      - uses: ./.github/actions/release
        with: {stage: staging}
`,
      '.github/actions/release/action.yml': `inputs:
  stage: {required: true}
  release: {default: shop}
runs:
  using: composite
  steps:
    - shell: bash
      env: {STAGE: '\${{ inputs.stage }}'}
      run: helm upgrade -i \${{ inputs.release }} charts/web -n "$STAGE" -f env/$STAGE.yaml
`,
    },
    runs: [
      { app: 'shop', shell: 'helm upgrade -i shop charts/web -n staging -f env/staging.yaml' },
    ],
  },
  {
    name: 'GitHub Actions: a reusable workflow',
    files: {
      [GITHUB]: `jobs:
  staging: {uses: ./.github/workflows/release.yml, with: {stage: staging, replicas: 2}}
  prod: {uses: ./.github/workflows/release.yml, with: {stage: prod}}
`,
      '.github/workflows/release.yml': `on:
  workflow_call:
    inputs:
      stage: {type: string, required: true}
      replicas: {type: number, default: 9}
env: {RELEASE: web}
jobs:
  release:
    steps:
      - run: helm upgrade -i $RELEASE charts/web -n \${{ inputs.stage }} --set replicas=\${{ inputs.replicas }}
`,
    },
    runs: [
      {
        app: 'web (staging)',
        shell: 'helm upgrade -i $RELEASE charts/web -n staging --set replicas=2',
        environment: { RELEASE: 'web' },
      },
      {
        app: 'web (prod)',
        shell: 'helm upgrade -i $RELEASE charts/web -n prod --set replicas=9',
        environment: { RELEASE: 'web' },
      },
    ],
  },
  {
    name: 'GitHub Actions: a variable set by an earlier step',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: echo "STAGE=prod" >> "$GITHUB_ENV"
      - run: helm upgrade -i web charts/web -n $STAGE -f env/\${{ env.STAGE }}.yaml
`,
    },
    runs: [
      {
        app: 'web',
        shell: 'helm upgrade -i web charts/web -n $STAGE -f env/prod.yaml',
        environment: { STAGE: 'prod' },
      },
    ],
  },
  {
    name: 'kubectl: a folder',
    files: { [GITHUB]: `jobs: {d: {steps: [{run: kubectl apply -n shop -f manifests/}]}}\n` },
    runs: [{ app: 'manifests', shell: 'kubectl apply -n shop -f manifests/', namespace: 'shop' }],
  },
  {
    name: 'kubectl: folders below',
    files: { [GITHUB]: `jobs: {d: {steps: [{run: kubectl apply -R -f manifests}]}}\n` },
    runs: [{ app: 'manifests', shell: 'kubectl apply -R -f manifests' }],
  },
  {
    name: 'kubectl: files of several folders',
    files: {
      [GITHUB]: `jobs: {d: {steps: [{run: "kubectl apply -f manifests/a.yaml,other/e.yaml -f manifests/b.yml"}]}}\n`,
    },
    runs: [
      {
        app: 'manifests/a.yaml, other/e.yaml, manifests/b.yml',
        shell: 'kubectl apply -f manifests/a.yaml,other/e.yaml -f manifests/b.yml',
      },
    ],
  },
  {
    name: 'kubectl: files in a loop, from another folder',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: |
          cd manifests
          for file in *.y*ml; do kubectl apply -n web -f $file; done
`,
    },
    runs: [
      {
        app: 'manifests/a.yaml, manifests/b.yml',
        shell: `cd manifests
for file in *.y*ml; do kubectl apply -n web -f $file; done`,
        namespace: 'web',
      },
    ],
  },
  {
    name: 'GitLab CI: extends and variables',
    files: {
      [GITLAB]: `variables:
  CHART: charts/web
  RELEASE: web-$STAGE
.deploy:
  image: alpine/helm
  before_script:
    - export EXTRA="--set labels.by=gitlab"
  script:
    - helm upgrade -i $RELEASE $CHART --namespace "$STAGE" -f env/$STAGE.yaml $EXTRA
staging: {extends: .deploy, variables: {STAGE: staging}}
production:
  extends: [.deploy]
  variables: {STAGE: prod, RELEASE: shop}
`,
    },
    runs: [
      {
        app: 'web-staging',
        shell: `export EXTRA="--set labels.by=gitlab"
helm upgrade -i $RELEASE $CHART --namespace "$STAGE" -f env/$STAGE.yaml $EXTRA`,
        environment: { CHART: 'charts/web', RELEASE: 'web-staging', STAGE: 'staging' },
      },
      {
        app: 'shop',
        shell: `export EXTRA="--set labels.by=gitlab"
helm upgrade -i $RELEASE $CHART --namespace "$STAGE" -f env/$STAGE.yaml $EXTRA`,
        environment: { CHART: 'charts/web', RELEASE: 'shop', STAGE: 'prod' },
      },
    ],
  },
  {
    name: 'GitLab CI: a matrix, references and local includes',
    files: {
      [GITLAB]: `include: [{local: /ci/setup.yml}]
deploy:
  parallel:
    matrix:
      - STAGE: [staging, prod]
  script:
    - !reference [.setup, script]
    - kustomize build $TARGET | kubectl apply -f -
`,
      'ci/setup.yml': `.setup:
  script:
    - TARGET=overlays/$STAGE
    - echo "building $TARGET"
`,
    },
    runs: [
      { app: 'overlays/prod', shell: 'kustomize build overlays/prod | kubectl apply -f -' },
      { app: 'overlays/staging', shell: 'kustomize build overlays/staging | kubectl apply -f -' },
    ],
  },
  {
    name: 'GitLab CI: one shell for all lines of a job',
    files: {
      [GITLAB]: `deploy:
  script:
    - cd charts
    - |
      if [ -z "$STAGE" ]; then
        ARGS=(--set replicas=3)
      fi
      ARGS=(--set "args[0]=a b" -n shop)
    - ARGS+=(--set replicas=4)
    - helm upgrade -i web web "\${ARGS[@]}"
`,
    },
    runs: [
      {
        app: 'web',
        shell: `cd charts
ARGS=(--set "args[0]=a b" -n shop)
ARGS+=(--set replicas=4)
helm upgrade -i web web "\${ARGS[@]}"`,
      },
    ],
  },
  {
    name: 'GitLab CI: what only a run knows',
    files: {
      [GITLAB]: `deploy:
  script:
    - helm upgrade -i web charts/web -n shop --set image.tag=$CI_COMMIT_SHORT_SHA --set labels.host=\${REVIEW_HOST}
`,
    },
    runs: [
      {
        app: 'web',
        shell:
          'helm upgrade -i web charts/web -n shop --set image.tag=$CI_COMMIT_SHORT_SHA --set labels.host=${REVIEW_HOST}',
        environment: {
          CI_COMMIT_SHORT_SHA: '<pipeline:CI_COMMIT_SHORT_SHA>',
          REVIEW_HOST: '<pipeline:REVIEW_HOST>',
        },
      },
    ],
  },
  {
    name: 'Azure Pipelines: HelmDeploy',
    files: {
      [AZURE]: `variables:
  - {name: stage, value: prod}
steps:
  - task: HelmDeploy@0
    inputs:
      command: upgrade
      chartType: FilePath
      chartPath: $(Build.SourcesDirectory)/charts/web
      releaseName: web
      namespace: $(stage)
      valueFile: env/$(stage).yaml
      overrideValues: image.tag=$(Build.BuildId),replicas=2
      arguments: --set-string labels.a="b c" --timeout 5m
`,
    },
    runs: [
      {
        app: 'web',
        shell: `helm upgrade --install web charts/web --namespace prod -f env/prod.yaml --set image.tag='<pipeline:Build.BuildId>',replicas=2 --set-string labels.a="b c" --timeout 5m`,
      },
    ],
  },
  {
    name: 'Azure Pipelines: stages of a template',
    files: {
      [AZURE]: `stages:
  - \${{ each stage in parameters.stages }}:
      - stage: \${{ stage }}
        jobs:
          - template: ci/job.yml
            parameters: {stage: '\${{ stage }}'}
parameters:
  - {name: stages, type: object, default: [staging, prod]}
`,
      'ci/job.yml': `parameters: [{name: stage}, {name: extra, default: '--set labels.x=y'}]
jobs:
  - deployment: web
    variables: {release: 'web-\${{ parameters.stage }}'}
    strategy:
      runOnce:
        deploy:
          steps:
            - bash: helm upgrade -i $(release) charts/web -f env/\${{ parameters.stage }}.yaml \${{ parameters.extra }} --set args[0]=$RELEASE
`,
    },
    runs: [
      {
        app: 'web-staging',
        shell:
          'helm upgrade -i web-staging charts/web -f env/staging.yaml --set labels.x=y --set args[0]=$RELEASE',
        environment: { RELEASE: 'web-staging' },
      },
      {
        app: 'web-prod',
        shell:
          'helm upgrade -i web-prod charts/web -f env/prod.yaml --set labels.x=y --set args[0]=$RELEASE',
        environment: { RELEASE: 'web-prod' },
      },
    ],
  },
  {
    name: 'Azure Pipelines: manifests',
    files: {
      [AZURE]: `steps:
  - task: KubernetesManifest@1
    inputs:
      action: deploy
      namespace: shop
      manifests: |
        manifests/a.yaml
        manifests/c.json
`,
    },
    runs: [
      {
        app: 'manifests/a.yaml, manifests/c.json',
        shell: 'kubectl apply -n shop -f manifests/a.yaml -f manifests/c.json',
        namespace: 'shop',
      },
    ],
  },
  {
    name: 'Jenkins: declarative',
    files: {
      [JENKINS]: `pipeline {
  agent any
  environment {
    STAGE = 'prod'
    RELEASE = "shop-\${STAGE}"
  }
  stages {
    stage('Deploy') {
      steps {
        dir('charts') {
          sh '''
            helm upgrade -i $RELEASE web \\\\
              -n $STAGE -f ../env/$STAGE.yaml
          '''
        }
        sh "kubectl apply -k overlays/\${env.STAGE}"
      }
    }
  }
}
`,
    },
    runs: [
      {
        app: 'shop-prod',
        shell: `cd charts
helm upgrade -i $RELEASE web \\
  -n $STAGE -f ../env/$STAGE.yaml`,
        environment: { STAGE: 'prod', RELEASE: 'shop-prod' },
      },
      { app: 'overlays/prod', shell: 'kubectl apply -k overlays/prod' },
    ],
  },
  {
    name: 'Jenkins: withEnv and a script of the repository',
    files: {
      [JENKINS]: `node {
  stage('Deploy') {
    withEnv(['STAGE=Staging', 'NAMESPACE=review']) {
      sh label: 'deploy', script: './ci/deploy.sh "$STAGE"'
    }
  }
}
`,
      'ci/deploy.sh': `#!/usr/bin/env bash
set -euo pipefail
stage=\${1:?which stage}
cd "$(dirname "\${BASH_SOURCE[0]:-$0}")/.."

release() {
  local name=$1; shift
  helm upgrade --install "$name" charts/web --namespace "\${NAMESPACE:-default}" "$@"
}

case "\${stage,,}" in
  prod) release shop -f env/prod.yaml ;;
  staging|review) release "shop-\${stage,,}" -f env/staging.yaml --set "labels.ref=\${stage%ing}" ;;
  *) echo "unknown" >&2; exit 1 ;;
esac
`,
    },
    runs: [
      {
        app: 'shop-staging',
        shell: './ci/deploy.sh "$STAGE"',
        environment: { STAGE: 'Staging', NAMESPACE: 'review' },
      },
    ],
  },
  {
    name: 'make',
    files: {
      [GITHUB]: `jobs: {d: {steps: [{run: make deploy STAGE=prod}]}}\n`,
      Makefile: `NAMESPACE ?= shop
VALUES = -f env/$(STAGE).yaml
.PHONY: deploy crds
deploy: crds
	@helm upgrade -i web charts/web -n $(NAMESPACE) $(VALUES) --set args[0]=$$STAGE
crds:
	kubectl apply -f charts/web/crds
`,
    },
    runs: [
      {
        app: 'web',
        shell: 'helm upgrade -i web charts/web -n shop -f env/prod.yaml --set args[0]=prod',
      },
      { app: 'charts/web/crds', shell: 'kubectl apply -f charts/web/crds' },
    ],
  },
  {
    name: 'helmfile: as helm would be called for each release',
    files: {
      [GITHUB]: `jobs: {d: {steps: [{run: helmfile -e prod apply}]}}\n`,
      'helmfile.yaml': `releases:
  - name: web-{{ .Environment.Name }}
    namespace: shop
    chart: ./charts/web
    values:
      - env/{{ .Environment.Name }}.yaml
      - image: {tag: "1.10"}
        replicas: 6
    set:
      - {name: labels.x, value: "a,b"}
  - name: worker
    chart: ./charts/worker
`,
    },
    runs: [
      {
        app: 'web-prod',
        shell: `printf 'image: {tag: "1.10"}\\nreplicas: 6\\n' > inline.yaml
helm upgrade -i web-prod charts/web -n shop -f env/prod.yaml -f inline.yaml --set 'labels.x=a\\,b'`,
      },
      { app: 'worker', shell: 'helm upgrade -i worker charts/worker' },
    ],
  },
  {
    name: 'helm template into a file, applied later in the job',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - run: helm template worker charts/worker --set queue=fast > /dev/null && helm template worker charts/worker --set queue=slow > out.yaml
      - run: kubectl apply -n jobs -f out.yaml
`,
    },
    runs: [
      {
        app: 'worker',
        shell: `helm template worker charts/worker --set queue=slow > out.yaml
kubectl apply -n default -f out.yaml`,
      },
    ],
  },
  {
    name: 'tests with a known answer choose',
    files: {
      [GITLAB]: `deploy:
  environment: prod
  script:
    - '[ "$CI_ENVIRONMENT_NAME" = prod ] && REPLICAS=8 || REPLICAS=1'
    - if [[ "$CI_ENVIRONMENT_NAME" == prod* ]]; then helm upgrade -i web charts/web --set replicas=$REPLICAS; else kubectl apply -f manifests; fi
`,
    },
    runs: [{ app: 'web', shell: 'helm upgrade -i web charts/web --set replicas=8' }],
  },
  {
    name: 'GitHub Actions: checked out below a folder of the workspace',
    files: {
      [GITHUB]: `jobs:
  deploy:
    steps:
      - uses: actions/checkout@v4
        with: {path: src/app}
      - run: |
          helm upgrade -i web src/app/charts/web -n shop -f ./src/app/env/prod.yaml --set-file note=src/app/env/motd.txt
          for overlay in src/app/overlays/prod*; do kubectl apply -k "$overlay"; done
          cd src
          (cd app/charts && helm upgrade -i inner ./worker -f "$GITHUB_WORKSPACE/src/app/env/prod.yaml")
          app/ci/deploy.sh
`,
      'ci/deploy.sh':
        '#!/bin/bash\ncd "$(dirname "$0")/.."\nhelm upgrade -i script charts/worker -f env/staging.yaml\n',
    },
    runs: [
      {
        app: 'web',
        shell: `${BELOW} helm upgrade -i web src/app/charts/web -n shop -f ./src/app/env/prod.yaml --set-file note=src/app/env/motd.txt`,
        namespace: 'shop',
      },
      {
        app: 'overlays/prod',
        shell: `${BELOW} for overlay in src/app/overlays/prod*; do kubectl apply -k "$overlay"; done`,
      },
      {
        app: 'inner',
        shell: `${BELOW} cd src; (cd app/charts && helm upgrade -i inner ./worker -f "$GITHUB_WORKSPACE/src/app/env/prod.yaml")`,
      },
      { app: 'script', shell: `${BELOW} cd src; app/ci/deploy.sh` },
    ],
  },
];

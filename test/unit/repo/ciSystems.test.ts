import { describe, expect, it } from 'vitest';
import { told } from './ciWorld';
import type { FileTable } from './inMemory';

type Case = readonly [name: string, files: FileTable, told: readonly string[]];

const CASES: readonly Case[] = [
  [
    'GitHub Actions: environment at three levels',
    {
      '.github/workflows/deploy.yml': `env: {ENV: staging, NS: top}
jobs:
  deploy:
    env: {ENV: prod}
    steps:
      - run: helm upgrade -i web charts/web -n "$NS" -f env/$ENV.yaml
      - run: helm upgrade -i api charts/api -n \${{ env.NS }} -f env/\${{ env.ENV }}.yaml
        env: {NS: step}
`,
    },
    [
      'web: helm web charts/web @top -f env/prod.yaml',
      'api: helm api charts/api @step -f env/prod.yaml',
    ],
  ],
  [
    'GitHub Actions: a matrix with include and exclude',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    strategy:
      matrix:
        env: [staging, prod]
        region: [eu, us]
        exclude: [{env: staging, region: us}]
        include:
          - {env: prod, region: eu, extra: yes}
          - {env: staging, region: ap}
    steps:
      - run: helm upgrade -i web-\${{ matrix.region }} charts/web -n \${{ matrix.env }} -f env/\${{ matrix.env }}.yaml --set extra=\${{ matrix.extra }}
`,
    },
    [
      'web-eu (staging): helm web-eu charts/web @staging -f env/staging.yaml --set extra=',
      'web-eu (prod): helm web-eu charts/web @prod -f env/prod.yaml --set extra=yes',
      'web-us: helm web-us charts/web @prod -f env/prod.yaml --set extra=',
      'web-ap: helm web-ap charts/web @staging -f env/staging.yaml --set extra=',
    ],
  ],
  [
    'GitHub Actions: a matrix of mappings',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    strategy:
      matrix:
        target:
          - {name: prod, context: prod-eu}
          - {name: staging, context: stage}
    steps:
      - run: kubectl apply -k overlays/\${{ matrix.target.name }} --context \${{ matrix.target.context }}
`,
    },
    [
      'overlays/prod: kustomize overlays/prod >prod-eu',
      'overlays/staging: kustomize overlays/staging >stage',
    ],
  ],
  [
    'GitHub Actions: a matrix that is made in the run',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    strategy:
      matrix: \${{ fromJSON(needs.plan.outputs.matrix) }}
    steps:
      - run: kubectl apply -k overlays/\${{ matrix.env }}
      - run: kubectl apply -k overlays/prod -n \${{ matrix.ns }}
`,
    },
    [
      'overlays/${{ matrix.env }}: UNSUPPORTED The folder overlays/${{ matrix.env }} is known only in a run.',
      'overlays/prod: kustomize overlays/prod !The namespace ${{ matrix.ns }} is known only in a run.',
    ],
  ],
  [
    'GitHub Actions: working directories',
    {
      '.github/workflows/deploy.yml': `defaults: {run: {working-directory: overlays}}
jobs:
  one:
    steps:
      - run: kubectl apply -k prod
      - run: kubectl apply -k .
        working-directory: ./overlays/staging
  two:
    defaults: {run: {working-directory: manifests}}
    steps:
      - run: kubectl apply -f a.yaml
      - run: kubectl apply -f \${{ github.workspace }}/manifests/b.yaml -n $NS
        working-directory: /tmp
`,
    },
    [
      'overlays/prod: kustomize overlays/prod',
      'overlays/staging: kustomize overlays/staging',
      'manifests/a.yaml: folder manifests a.yaml',
      'manifests/b.yaml: folder manifests b.yaml !The namespace $NS is known only in a run.',
    ],
  ],
  [
    'GitHub Actions: a reusable workflow with inputs',
    {
      '.github/workflows/deploy.yml': `jobs:
  staging:
    uses: ./.github/workflows/release.yml
    with: {env: staging, ns: shop-staging}
  prod:
    uses: ./.github/workflows/release.yml
    with: {env: prod}
`,
      '.github/workflows/release.yml': `on:
  workflow_call:
    inputs:
      env: {type: string, required: true}
      ns: {type: string, default: shop}
jobs:
  deploy:
    steps:
      - run: helm upgrade -i web charts/web -n \${{ inputs.ns }} -f env/\${{ inputs.env }}.yaml
`,
    },
    [
      'web (shop-staging): helm web charts/web @shop-staging -f env/staging.yaml',
      'web (shop): helm web charts/web @shop -f env/prod.yaml',
    ],
  ],
  [
    'GitHub Actions: a composite action of the repository',
    {
      '.github/workflows/deploy.yml': `env: {TAG: v1}
jobs:
  deploy:
    strategy: {matrix: {env: [prod, staging]}}
    steps:
      - uses: actions/checkout@v4
      - uses: ./.github/actions/helm
        with: {environment: '\${{ matrix.env }}'}
`,
      '.github/actions/helm/action.yml': `inputs:
  environment: {required: true}
  namespace: {default: shop}
runs:
  using: composite
  steps:
    - shell: bash
      run: helm upgrade -i web charts/web -n \${{ inputs.namespace }} -f env/\${{ inputs.environment }}.yaml --set tag=$TAG
`,
    },
    [
      'web (env/prod.yaml): helm web charts/web @shop -f env/prod.yaml --set tag=v1',
      'web (env/staging.yaml): helm web charts/web @shop -f env/staging.yaml --set tag=v1',
    ],
  ],
  [
    'GitHub Actions: the repository below a folder of the workspace, others beside it',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    strategy: {matrix: {folder: [src/app]}}
    steps:
      - uses: actions/checkout@v4
        with: {path: '\${{ matrix.folder }}'}
      - uses: actions/checkout@v4
        with: {repository: acme/charts, path: shared}
      - run: |
          helm upgrade -i web src/app/charts/web -f ./src/app/env/prod.yaml --set-file a=src/app/env/a.txt
          helm upgrade -i shared shared/charts/web -f src/app/env/prod.yaml
          for env in src/app/overlays/*; do kubectl apply -k "$env"; done
          helm upgrade -i none charts/web
          cd src && cd app
          kubectl apply -f $GITHUB_WORKSPACE/src/app/manifests/a.yaml -f manifests/b.yaml
      - run: helm upgrade -i api "$(pwd)/charts/api" --set from=$(pwd)
        working-directory: src/app
      - uses: ./src/app/.github/actions/own
      - run: src/app/ci/deploy.sh
`,
      '.github/actions/own/action.yml': `runs:
  using: composite
  steps:
    - {shell: bash, run: 'helm template own \${{ github.workspace }}/src/app/charts/web | kubectl apply -f -'}
`,
      'env/a.txt': 'text',
      'ci/deploy.sh': 'cd "$(dirname "$0")/.."\nhelm upgrade -i script charts/web\n',
    },
    [
      'web: helm web charts/web @default -f env/prod.yaml --set-file a=env/a.txt',
      'shared: UNSUPPORTED The chart shared/charts/web is in no folder, and this job adds no chart repository shared.',
      'overlays/prod: kustomize overlays/prod',
      'overlays/staging: kustomize overlays/staging',
      'none: UNSUPPORTED The chart charts/web is in no folder, and this job adds no chart repository charts.',
      'manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml}',
      'api: helm api charts/api @default --set from=.',
      'own: helm own charts/web @default no-crds',
      'script: helm script charts/web @default',
    ],
  ],
  [
    'GitHub Actions: a workspace of other repositories, and one of this too',
    {
      '.github/workflows/deploy.yml': `jobs:
  other:
    steps:
      - uses: actions/checkout@v4
        with: {repository: acme/other}
      - run: kubectl apply -k overlays/prod
  unknown:
    steps:
      - uses: actions/checkout@v4
        with: {path: '\${{ inputs.path }}'}
      - run: kubectl apply -f manifests
  both:
    steps:
      - uses: actions/checkout@v4
        with: {repository: acme/other, path: other}
      - uses: actions/checkout@v4
        with: {repository: '\${{ github.repository }}', path: .}
      - run: kubectl apply -k overlays/staging
`,
    },
    [
      'overlays/prod: UNSUPPORTED The folder overlays/prod is outside the repository.',
      'manifests: UNSUPPORTED The folder manifests is outside the repository.',
      'overlays/staging: kustomize overlays/staging',
    ],
  ],
  [
    'GitHub Actions: variables that a step sets',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    steps:
      - run: |
          echo "NAMESPACE=shop" >> "$GITHUB_ENV"
          echo "TAG=$(git describe)" >> $GITHUB_ENV
      - run: helm upgrade -i web charts/web -n $NAMESPACE --set image.tag=\${{ env.TAG }}
`,
    },
    ['web: helm web charts/web @shop --set image.tag=<pipeline:git_describe> ?$(git describe)'],
  ],
  [
    'GitHub Actions: inputs and secrets of the run',
    {
      '.github/workflows/deploy.yml': `on: {workflow_dispatch: {inputs: {env: {type: choice}}}}
jobs:
  deploy:
    steps:
      - run: helm upgrade -i web charts/web -n \${{ inputs.env || 'staging' }}
      - run: helm upgrade -i api charts/api --set password=\${{ secrets.PASSWORD }} --set host=\${{ vars.HOST }}
`,
    },
    [
      "web: UNSUPPORTED The namespace ${{ inputs.env || 'staging' }} is known only in a run.",
      'api: helm api charts/api @default --set password=<pipeline:secrets.PASSWORD> --set host=<pipeline:vars.HOST> ?${{ secrets.PASSWORD }} ?${{ vars.HOST }}',
    ],
  ],
  [
    'GitHub Actions: PowerShell',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    steps:
      - shell: pwsh
        env: {NS: shop}
        run: |
          helm upgrade -i web charts/web \`
            -n $env:NS
`,
    },
    ['web: helm web charts/web @shop'],
  ],
  [
    'GitHub Actions: contexts by logins',
    {
      '.github/workflows/deploy.yml': `jobs:
  deploy:
    steps:
      - run: aws eks update-kubeconfig --name prod-eks --region eu-west-1
      - run: kubectl apply -k overlays/prod
  other:
    steps:
      - run: kubectl config use-context stage
      - run: kubectl apply -k overlays/staging
`,
    },
    [
      'overlays/prod: kustomize overlays/prod >prod-eks',
      'overlays/staging: kustomize overlays/staging >stage',
    ],
  ],
  [
    'GitHub Actions: the same from two jobs is one app',
    {
      '.github/workflows/deploy.yml': `jobs:
  a:
    steps: [{run: kubectl apply -k overlays/prod}]
  b:
    steps: [{run: cd overlays/prod && kubectl apply -k .}]
`,
    },
    ['overlays/prod: kustomize overlays/prod'],
  ],
  [
    'GitHub Actions: a check beside the deployment',
    {
      '.github/workflows/deploy.yml': `jobs:
  check:
    steps: [{run: 'helm template charts/web -f env/staging.yaml | kubeconform; kubectl apply -k overlays/prod --dry-run=server'}]
  deploy:
    steps: [{run: helm upgrade -i web charts/web -f env/prod.yaml}]
`,
    },
    [
      'overlays/prod: renders kustomize overlays/prod',
      'web: helm web charts/web @default -f env/prod.yaml',
    ],
  ],
  [
    'GitLab CI: extends, variables and anchors',
    {
      '.gitlab-ci.yml': `variables: {NS: shop, RELEASE: "web-$NS"}
.deploy: &deploy
  before_script: [cd charts]
  script:
    - helm upgrade -i $RELEASE web -n $NS -f ../env/$ENVIRONMENT.yaml --set image.tag=$CI_COMMIT_SHORT_SHA
staging: {extends: .deploy, variables: {ENVIRONMENT: staging}}
production:
  <<: *deploy
  variables: {ENVIRONMENT: prod, NS: prod}
`,
    },
    [
      'web-shop: helm web-shop charts/web @shop -f env/staging.yaml --set image.tag=<pipeline:CI_COMMIT_SHORT_SHA> ?$CI_COMMIT_SHORT_SHA',
      'web-prod: helm web-prod charts/web @prod -f env/prod.yaml --set image.tag=<pipeline:CI_COMMIT_SHORT_SHA> ?$CI_COMMIT_SHORT_SHA',
    ],
  ],
  [
    'GitLab CI: parallel matrix',
    {
      '.gitlab-ci.yml': `deploy:
  parallel:
    matrix:
      - ENV: [prod, staging]
        NS: shop
  script: ["kubectl apply -k overlays/$ENV -n $NS"]
`,
    },
    [
      'overlays/prod: kustomize overlays/prod @shop',
      'overlays/staging: kustomize overlays/staging @shop',
    ],
  ],
  [
    'GitLab CI: references and nested lists',
    {
      '.gitlab-ci.yml': `.login:
  script: [kubectl config use-context acme/agents:prod]
.vars: {variables: {ENV: prod}}
deploy:
  variables: !reference [.vars, variables]
  script:
    - !reference [.login, script]
    - - kubectl apply -k overlays/prod
      - ["kubectl apply -f manifests"]
`,
    },
    [
      'overlays/prod: kustomize overlays/prod >acme/agents:prod',
      'manifests: folder manifests >acme/agents:prod',
    ],
  ],
  [
    'GitLab CI: local includes, what includes them wins',
    {
      '.gitlab-ci.yml': `include:
  - local: /ci/deploy.yml
  - local: ci/jobs/*.yml
  - project: other/templates
    file: x.yml
deploy: {variables: {ENV: prod}}
`,
      'ci/deploy.yml': `deploy:
  variables: {ENV: staging, NS: shop}
  script: ["kubectl apply -k overlays/$ENV -n $NS"]
`,
      'ci/jobs/more.yml': `more: {script: [kubectl apply -f manifests/a.yaml]}
`,
    },
    ['overlays/prod: kustomize overlays/prod @shop', 'manifests/a.yaml: folder manifests a.yaml'],
  ],
  [
    'GitLab CI: default scripts and the environment',
    {
      '.gitlab-ci.yml': `default:
  before_script: [export NS=from-default]
deploy:
  environment: {name: prod}
  script: ["kubectl apply -k overlays/$CI_ENVIRONMENT_NAME -n $NS"]
  after_script: ["echo $NS; kubectl apply -f manifests"]
own:
  before_script: []
  script: ["kubectl apply -k overlays/staging -n $NS"]
`,
    },
    [
      'overlays/prod: kustomize overlays/prod @from-default',
      'manifests: folder manifests',
      'overlays/staging: kustomize overlays/staging !The namespace $NS is known only in a run.',
    ],
  ],
  [
    'GitLab CI: rules that set variables are ways of their own',
    {
      '.gitlab-ci.yml': `deploy:
  rules:
    - {if: '$CI_COMMIT_BRANCH == "main"', variables: {ENV: prod}}
    - {if: '$CI_COMMIT_BRANCH == "dev"', variables: {ENV: staging}}
    - {when: never}
  script: ["kubectl apply -k overlays/$ENV"]
`,
    },
    ['overlays/prod: kustomize overlays/prod', 'overlays/staging: kustomize overlays/staging'],
  ],
  [
    'GitLab CI: variables with a description, and of the project',
    {
      '.gitlab-ci.yml': `variables:
  ENV: {value: prod, description: where}
deploy: {script: ["kubectl apply -k $CI_PROJECT_DIR/overlays/$ENV -n $PROJECT_NS", "helm upgrade -i web charts/web --set a=$ENV --set b=\${B:-default} --set c=\${CI_COMMIT_TAG:-none}"]}
.hidden: {script: [kubectl apply -f manifests]}
`,
    },
    [
      'overlays/prod: kustomize overlays/prod !The namespace $PROJECT_NS is known only in a run.',
      'web: helm web charts/web @default --set a=prod --set b=default --set c=<pipeline:CI_COMMIT_TAG_-none> ?${CI_COMMIT_TAG:-none}',
    ],
  ],
  [
    'GitLab CI: a header document',
    {
      '.gitlab-ci.yml': `spec: {inputs: {x: {}}}
---
deploy: {script: kubectl apply -k overlays/prod}
`,
    },
    ['overlays/prod: kustomize overlays/prod'],
  ],
  [
    'GitLab CI: a job that extends itself',
    {
      '.gitlab-ci.yml': `a: {extends: b, script: [kubectl apply -k overlays/prod]}
b: {extends: a}
`,
    },
    ['overlays/prod: kustomize overlays/prod'],
  ],
  [
    'Azure Pipelines: steps at the top',
    {
      'azure-pipelines.yml': `variables: {ns: shop, image.tag: v1}
steps:
  - script: helm upgrade -i web charts/web -n $(ns) --set tag=$(image.tag) --set build=$(Build.BuildId) --set e=$IMAGE_TAG
  - bash: kubectl apply -k prod
    workingDirectory: $(Build.SourcesDirectory)/overlays
`,
    },
    [
      'web: helm web charts/web @shop --set tag=v1 --set build=<pipeline:Build.BuildId> --set e=v1 ?$(Build.BuildId)',
      'overlays/prod: kustomize overlays/prod',
    ],
  ],
  [
    'Azure Pipelines: tasks',
    {
      'azure-pipelines.yml': `variables: [{name: env, value: prod}, {group: secrets}]
steps:
  - task: HelmDeploy@0
    inputs:
      command: upgrade
      chartType: FilePath
      chartPath: charts/web
      releaseName: web-$(env)
      namespace: shop
      valueFile: env/$(env).yaml
      overrideValues: image.tag=$(Build.BuildId),replicas=2
      arguments: --set "a=b c" --timeout 5m
  - task: HelmDeploy@1
    inputs: {command: upgrade, chartName: db, chartType: Name, releaseName: db, install: false}
  - task: KubernetesManifest@1
    inputs:
      action: deploy
      namespace: shop
      manifests: |
        manifests/a.yaml
        manifests/b.yaml
  - task: KubernetesManifest@1
    inputs:
      manifests: manifests/b.yaml
      containers: |
        registry.acme.example/web:$(Build.BuildId)
      imagePullSecrets: pull
  - task: Kubernetes@1
    inputs: {command: apply, arguments: -k overlays/prod}
  - task: Bash@3
    inputs: {targetType: inline, script: kubectl apply -k overlays/staging, workingDirectory: .}
  - task: AzureCLI@2
    inputs: {scriptType: bash, inlineScript: "az aks get-credentials -n prod-aks -g rg && kubectl apply -f manifests"}
  - task: HelmDeploy@0
    inputs: {command: package}
`,
    },
    [
      'web-prod: helm web-prod charts/web @shop -f env/prod.yaml --set image.tag=<pipeline:Build.BuildId>,replicas=2 --set a=b c ?$(Build.BuildId)',
      'db: UNSUPPORTED The chart db is not in the repository.',
      'manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml} @shop',
      'manifests/b.yaml: folder manifests b.yaml !The task puts images of its own into the manifests, which the result lacks: registry.acme.example/web:$(Build.BuildId). !The task puts imagePullSecrets of its own into the manifests, which the result lacks: pull.',
      'overlays/prod: kustomize overlays/prod',
      'overlays/staging: kustomize overlays/staging',
      'manifests: folder manifests >prod-aks',
    ],
  ],
  [
    'Azure Pipelines: stages, deployments and matrices',
    {
      'azure-pipelines.yml': `stages:
  - stage: Deploy
    variables: {ns: stage-ns}
    jobs:
      - deployment: web
        environment: prod
        strategy: {runOnce: {deploy: {steps: [{script: kubectl apply -k overlays/prod -n $(ns)}]}}}
      - job: m
        strategy:
          matrix: {prod: {env: prod}, staging: {env: staging}}
        steps: [{script: helm upgrade -i web charts/web -f env/$(env).yaml}]
`,
    },
    [
      'overlays/prod: kustomize overlays/prod @stage-ns',
      'web (env/prod.yaml): helm web charts/web @default -f env/prod.yaml',
      'web (env/staging.yaml): helm web charts/web @default -f env/staging.yaml',
    ],
  ],
  [
    'Azure Pipelines: templates with parameters, loops and conditions',
    {
      'azure-pipelines.yml': `parameters:
  - name: environments
    type: object
    default: [prod, staging]
stages:
  - \${{ each env in parameters.environments }}:
      - stage: \${{ env }}
        jobs:
          - template: ci/deploy.yml
            parameters: {env: '\${{ env }}', ns: shop}
  - \${{ if eq(variables['x'], 'y') }}:
      - stage: cond
        jobs: [{job: j, steps: [{script: kubectl apply -f manifests}]}]
`,
      'ci/deploy.yml': `parameters: [{name: env}, {name: ns, default: none}, {name: free}]
jobs:
  - job: deploy
    steps:
      - template: steps/apply.yml
        parameters: {overlay: '\${{ parameters.env }}', ns: '\${{ parameters.ns }}'}
      - script: helm upgrade -i web charts/web --set x=\${{ parameters.free }}
`,
      'ci/steps/apply.yml': `parameters: {overlay: '', ns: ''}
steps: [{script: 'kubectl apply -k overlays/\${{ parameters.overlay }} -n \${{ parameters.ns }}'}]
`,
    },
    [
      'overlays/prod: kustomize overlays/prod @shop',
      'web: helm web charts/web @default --set x=<pipeline:parameters.free> ?${{ parameters.free }}',
      'overlays/staging: kustomize overlays/staging @shop',
      'manifests: folder manifests',
    ],
  ],
  [
    'Azure Pipelines: extends and variable templates',
    {
      'azure-pipelines.yml': `variables: [{template: ci/vars.yml}]
extends: {template: ci/base.yml, parameters: {env: prod}}
`,
      'ci/vars.yml': `variables: {ns: from-template}
`,
      'ci/base.yml': `parameters: [{name: env}]
steps: [{script: 'kubectl apply -k overlays/\${{ parameters.env }} -n $(ns)'}]
`,
    },
    ['overlays/prod: kustomize overlays/prod @from-template'],
  ],
];

describe('pipelines', () => {
  it.each(CASES)('%s', (_, files, expected) => {
    expect(told(files)).toEqual(expected);
  });
});

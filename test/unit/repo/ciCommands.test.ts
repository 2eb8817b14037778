import { describe, expect, it } from 'vitest';
import { told, workflow } from './ciWorld';

type Case = readonly [name: string, script: string, told: readonly string[]];

const CASES: readonly Case[] = [
  [
    'helm upgrade --install with a values file and --set',
    'helm upgrade --install web ./charts/web -n shop -f charts/web/values-prod.yaml --set image.tag=1',
    ['web: helm web charts/web @shop -f charts/web/values-prod.yaml --set image.tag=1'],
  ],
  [
    'helm upgrade alone is an upgrade',
    'helm upgrade web charts/web --namespace=shop --set a=1,b=2 --set-string c=3 --no-hooks --skip-crds',
    ['web: helm web charts/web @shop --set a=1,b=2 --set-string c=3 no-crds upgrade no-hooks'],
  ],
  [
    'helm install from another folder, files in one flag',
    'cd charts && helm install web web -f web/values-prod.yaml,../env/prod.yaml --kube-context prod',
    ['web: helm web charts/web @default -f charts/web/values-prod.yaml -f env/prod.yaml >prod'],
  ],
  [
    'every way to set',
    'helm upgrade -i web charts/web --set-file motd=env/prod.yaml --set-json \'a={"b":1}\' --set-literal c=d,e --set-string f=1',
    [
      'web: helm web charts/web @default --set-file motd=env/prod.yaml --set-json a={"b":1} --set-literal c=d,e --set-string f=1',
    ],
  ],
  [
    '--set-file from where the command runs',
    'cd env && helm upgrade -i web ../charts/web --set-file motd=prod.yaml',
    ['web: helm web charts/web @default --set-file motd=prod.yaml in env'],
  ],
  [
    'capabilities',
    'helm template web charts/web --kube-version 1.30 --api-versions a/v1,b/v1 -a c/v1 --include-crds --is-upgrade --skip-tests | kubectl apply -f -',
    ['web: helm web charts/web @default upgrade 1.30 a/v1 b/v1 c/v1'],
  ],
  [
    'what only a run knows has a placeholder',
    'helm upgrade -i web ./charts/web --set tag=$GITHUB_SHA --set-string rev=${{ github.sha }},x=$(date +%s)',
    [
      'web: helm web charts/web @default --set tag=<pipeline:GITHUB_SHA> --set-string rev=<pipeline:github.sha>,x=<pipeline:date_s> ?$GITHUB_SHA ?${{ github.sha }} ?$(date +%s)',
    ],
  ],
  [
    'a chart repository of the job',
    `helm repo add acme https://charts.acme.example
helm repo update
helm upgrade -i db acme/postgres --version 1.2.3 -n db`,
    ['db: helm db https://charts.acme.example postgres 1.2.3 @db'],
  ],
  [
    'a registry',
    'helm upgrade -i db oci://registry.acme.example/charts/db --version 2.0.0',
    ['db: helm db oci://registry.acme.example/charts/db  2.0.0 @default'],
  ],
  [
    '--repo',
    'helm upgrade -i db postgres --repo https://charts.acme.example',
    ['db: helm db https://charts.acme.example postgres @default'],
  ],
  [
    'a chart repository that nothing adds',
    'helm upgrade -i db other/postgres',
    [
      'db: UNSUPPORTED The chart other/postgres is in no folder, and this job adds no chart repository other.',
    ],
  ],
  [
    'a chart that is not there',
    'helm upgrade -i db ./charts/gone; helm upgrade -i tgz charts/x.tgz; helm upgrade -i url https://x.example/c.tgz',
    [
      'db: UNSUPPORTED The chart ./charts/gone is not in the repository.',
      'tgz: UNSUPPORTED The chart charts/x.tgz is in no folder, and this job adds no chart repository charts.',
      'url: UNSUPPORTED The chart is the archive https://x.example/c.tgz, which is not fetched.',
    ],
  ],
  [
    'a release that only a run knows',
    'helm upgrade -i "$RELEASE" charts/web',
    ['web: UNSUPPORTED The release name $RELEASE is known only in a run.'],
  ],
  [
    'a chart that only a run knows',
    'helm upgrade -i web charts/$CHART',
    ['web: UNSUPPORTED The chart charts/$CHART is known only in a run.'],
  ],
  [
    'a release without a name',
    'helm install --generate-name charts/web; helm install charts/api -g',
    [
      'web: UNSUPPORTED The release name is made up in each run.',
      'api: UNSUPPORTED The release name is made up in each run.',
    ],
  ],
  [
    'a values file that is not there, or made in the run',
    `helm upgrade -i web charts/web -f secrets.yaml
echo x > made.yaml
helm upgrade -i api charts/api -f made.yaml`,
    [
      'web: UNSUPPORTED The values file secrets.yaml is not in the repository.',
      'api: UNSUPPORTED The values file made.yaml is made in the run.',
    ],
  ],
  [
    'a values file from standard input',
    'cat env/prod.yaml | helm upgrade -i web charts/web -f -',
    ['web: UNSUPPORTED The values file comes from standard input.'],
  ],
  [
    'programs that are not run',
    'helm upgrade -i web charts/web --post-renderer ./x.sh; helm template api charts/api -s templates/x.yaml | kubectl apply -f -',
    [
      'web: UNSUPPORTED The pipeline changes what Helm renders with a post-renderer, a program that is not run.',
      'api: UNSUPPORTED The pipeline takes single templates of the chart with --show-only.',
    ],
  ],
  [
    'flags with values do not hide the chart',
    'helm --kube-context prod upgrade --timeout 5m --install --wait --atomic --history-max 3 web charts/web --description "a b"',
    ['web: helm web charts/web @default >prod'],
  ],
  [
    'unknown flags are said',
    'helm upgrade -i web charts/web $EXTRA_ARGS',
    ['web: helm web charts/web @default ?$EXTRA_ARGS'],
  ],
  [
    'arrays of arguments',
    `ARGS=(--set a=b --set "c=d e")
ARGS+=(-n shop)
helm upgrade -i web charts/web "\${ARGS[@]}"`,
    ['web: helm web charts/web @shop --set a=b --set c=d e'],
  ],
  [
    'values of the last release',
    'helm upgrade web charts/web --reuse-values',
    [
      'web: helm web charts/web @default upgrade !--reuse-values keeps values of the last release, which only the cluster knows.',
    ],
  ],
  [
    'encrypted values',
    'helm secrets upgrade -i web charts/web -f secrets://env/prod.yaml',
    ['web: helm web charts/web @default -f env/prod.yaml'],
  ],
  [
    'HELM_NAMESPACE',
    `export HELM_NAMESPACE=shop
helm upgrade -i web charts/web`,
    ['web: helm web charts/web @shop'],
  ],
  [
    'a namespace that only a run knows',
    'helm upgrade -i web charts/web -n $NS',
    ['web: UNSUPPORTED The namespace $NS is known only in a run.'],
  ],
  [
    'dry runs and other commands are none',
    'helm upgrade -i web charts/web --dry-run; helm lint charts/web; helm diff upgrade web charts/web; helm uninstall web; helm upgrade --help',
    ['web: renders helm web charts/web @default'],
  ],
  [
    'helm template, applied',
    'helm template web charts/web -f env/prod.yaml | kubectl apply -n shop -f -',
    ['web: helm web charts/web @default -f env/prod.yaml no-crds'],
  ],
  [
    'helm template into a file that is applied',
    `helm template web charts/web > out.yaml
kubectl apply -f out.yaml`,
    ['web: helm web charts/web @default no-crds'],
  ],
  [
    'helm template that is only checked',
    'helm template web charts/web | kubeconform',
    ['web: renders helm web charts/web @default no-crds'],
  ],
  [
    'kubectl -k',
    'kubectl apply -k overlays/prod --context prod',
    ['overlays/prod: kustomize overlays/prod >prod'],
  ],
  [
    'kustomize build, applied',
    'kustomize build --enable-helm overlays/prod | kubectl apply -n shop -f -',
    ['overlays/prod: kustomize overlays/prod @shop'],
  ],
  [
    'kustomize build into a file',
    'kustomize build overlays/prod -o out.yaml && kubectl apply -f out.yaml',
    ['overlays/prod: kustomize overlays/prod'],
  ],
  [
    'kubectl kustomize',
    'kubectl kustomize overlays/prod | kubectl apply -f -',
    ['overlays/prod: kustomize overlays/prod'],
  ],
  [
    'kustomize edit before it, server-side',
    `cd overlays/prod
kustomize edit set image web=acme/web:$TAG api=acme/api:1
kustomize edit set namespace shop
kustomize edit set nameprefix -- x-
kustomize edit set replicas web=3
kustomize edit add label a:b c:d
kustomize edit add annotation e:f
kustomize build . | kubectl apply --server-side --field-manager=ci -f -`,
    [
      'overlays/prod: kustomize overlays/prod {"images":["web=acme/web:<pipeline:TAG>","api=acme/api:1"],"namespace":"shop","namePrefix":"x-","replicas":[{"name":"web","count":3}],"commonLabels":{"a":"b","c":"d"},"forceCommonLabels":false,"commonAnnotations":{"e":"f"},"forceCommonAnnotations":false} ?$TAG',
    ],
  ],
  [
    'kustomize edits that are not followed',
    'cd overlays/prod && kustomize edit add resource x.yaml && kubectl apply -k .',
    [
      'overlays/prod: UNSUPPORTED The pipeline runs "kustomize edit add resource x.yaml" before it builds, which is not followed.',
    ],
  ],
  [
    'kustomize edit of a base',
    `(cd base && kustomize edit set image web=acme/web:1)
kubectl apply -k overlays/prod`,
    [
      'overlays/prod: UNSUPPORTED The pipeline edits the kustomization in base, which is a base of this one.',
    ],
  ],
  [
    'overlays that are not there',
    'kubectl apply -k overlays/gone; kubectl apply -k https://github.com/acme/x//y?ref=v1; kubectl apply -k overlays/$ENV',
    [
      'overlays/gone: UNSUPPORTED There is no kustomization in overlays/gone.',
      'https://github.com/acme/x//y?ref=v1: UNSUPPORTED The kustomization https://github.com/acme/x//y?ref=v1 is remote; what a pipeline builds from there is not fetched.',
      'overlays/$ENV: UNSUPPORTED The folder overlays/$ENV is known only in a run.',
    ],
  ],
  ['a folder', 'kubectl apply -f manifests/', ['manifests: folder manifests']],
  ['folders below', 'kubectl apply -R -f .', ['.: folder /**']],
  [
    'files of a folder are one app',
    `kubectl apply -n shop -f manifests/a.yaml
kubectl apply -n shop -f manifests/b.yaml`,
    ['manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml} @shop'],
  ],
  [
    'files by a pattern',
    'kubectl apply -f manifests/*.yaml',
    ['manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml}'],
  ],
  [
    'files by a pattern of kubectl',
    'kubectl apply -f "manifests/*.yaml"',
    ['manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml}'],
  ],
  [
    'files in a loop',
    'for f in manifests/*.yaml; do kubectl apply -f "$f"; done',
    ['manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml}'],
  ],
  [
    'files of several folders',
    'kubectl apply -f manifests/a.yaml,base/cm.yaml -f env',
    [
      'manifests/a.yaml, base/cm.yaml, env: folder manifests a.yaml + folder base cm.yaml + folder env',
    ],
  ],
  [
    'create and replace',
    'kubectl create -f manifests/a.yaml || kubectl replace -f manifests/a.yaml',
    ['manifests/a.yaml: folder manifests a.yaml'],
  ],
  [
    'other commands of kubectl are none',
    'kubectl create namespace shop; kubectl delete -f manifests; kubectl rollout status deploy/x; kubectl get pods -f manifests; kubectl diff -k overlays/prod',
    [],
  ],
  [
    'namespaces and contexts of the job',
    `kubectl config use-context prod
kubectl config set-context --current --namespace=shop
kubectl apply -f manifests`,
    ['manifests: folder manifests @shop >prod'],
  ],
  [
    'oc',
    `oc project shop
oc apply -f manifests`,
    ['manifests: folder manifests @shop'],
  ],
  [
    'labels that choose objects',
    'kubectl apply -f manifests -l tier=front',
    [
      'manifests: folder manifests !Only objects with the labels tier=front are applied; all are shown.',
    ],
  ],
  [
    'remote manifests',
    'kubectl apply -f https://x.example/m.yaml',
    [
      'https://x.example/m.yaml: UNSUPPORTED The manifests at https://x.example/m.yaml are remote and are not fetched.',
    ],
  ],
  [
    'filled-in manifests are named',
    `envsubst < manifests/a.yaml | kubectl apply -f -
cat manifests/b.yaml | sed "s/x/y/" | kubectl apply -f -`,
    [
      'manifests/a.yaml, manifests/b.yaml: folder manifests {a.yaml,b.yaml} ~manifests/a.yaml envsubst ~manifests/b.yaml s/x/',
    ],
  ],
  [
    'manifests and values are filled in as the shell gives variables',
    `OWN=1
export TAG=v1 SHA=$GITHUB_SHA
envsubst '$TAG $OWN $SHA' < manifests/a.yaml > out.yaml
kubectl apply -f out.yaml
sed -e 's/a/b/' -e "s|c|$TAG|g" env/prod.yaml > values.yaml
helm upgrade -i web charts/web -f values.yaml
sed '/x/d' manifests/b.yaml | kubectl apply -f -`,
    [
      'manifests/a.yaml: folder manifests a.yaml ~manifests/a.yaml envsubst OWN= TAG=v1 SHA=<pipeline:GITHUB_SHA> only TAG,OWN,SHA',
      'web: helm web charts/web @default -f values.yaml ~values.yaml<env/prod.yaml s/a/ s/c/',
      'manifests/b.yaml: UNSUPPORTED The pipeline fills in manifests/b.yaml with sed first, which is not run.',
    ],
  ],
  [
    'what is done to files of a chart is followed as far as it goes',
    `sed -i 's/a: 1/a: 7/' charts/web/values.yaml
sed -i '/x/d' charts/web/values.yaml
sed -i '/x/d' env/prod.yaml
helm upgrade -i web charts/web`,
    [
      'web: helm web charts/web @default ~charts/web/values.yaml s/a: 1/ !The pipeline changes charts/web/values.yaml with sed before; this is shown without it.',
    ],
  ],
  [
    'manifests in the script are named',
    `kubectl apply -f - <<EOF
kind: X
EOF
echo "$SECRET" | kubectl apply -f -
oc process -f t.yaml | oc apply -f -`,
    [
      'standard input: UNSUPPORTED What is applied is written in the script itself.',
      'standard input (#2): UNSUPPORTED What is applied is made by echo in the run.',
      'standard input (#3): UNSUPPORTED What is applied is made by oc in the run.',
    ],
  ],
  [
    'plain cat',
    'cat manifests/a.yaml | kubectl apply -f -',
    ['manifests/a.yaml: folder manifests a.yaml'],
  ],
  [
    'a file that is edited first is said',
    `sed -i "s/x/$TAG/" env/prod.yaml
helm upgrade -i web charts/web -f env/prod.yaml
yq -i ".a=1" overlays/prod/kustomization.yaml
kubectl apply -k overlays/prod`,
    [
      'web: helm web charts/web @default -f env/prod.yaml ?TAG ~env/prod.yaml s/x/',
      'overlays/prod: kustomize overlays/prod ~env/prod.yaml s/x/ !The pipeline changes overlays/prod/kustomization.yaml with yq before; this is shown without it.',
    ],
  ],
  [
    'loops over known words',
    `for env in prod staging; do
  helm upgrade -i web-$env charts/web -f env/$env.yaml -n $env
done`,
    [
      'web-prod: helm web-prod charts/web @prod -f env/prod.yaml',
      'web-staging: helm web-staging charts/web @staging -f env/staging.yaml',
    ],
  ],
  [
    'ways that only a run chooses',
    `if [ "$X" = prod ]; then E=prod; else E=staging; fi
kubectl apply -k overlays/$E`,
    ['overlays/$E: UNSUPPORTED The folder overlays/$E is known only in a run.'],
  ],
  [
    'tests with a known answer',
    `E=prod
if [[ $E == prod ]]; then N=a; elif [ -z "$E" ]; then N=b; else N=c; fi
[ "$E" = staging ] && N=d
[ -n "$E" ] && kubectl apply -k overlays/$E -n $N`,
    ['overlays/prod: kustomize overlays/prod @a'],
  ],
  [
    'cases with a known answer',
    `E=prod
case "$E" in
  prod|live) N=a ;;
  *) N=b ;;
esac
kubectl apply -k overlays/$E -n $N`,
    ['overlays/prod: kustomize overlays/prod @a'],
  ],
  [
    'both ways of an open test deploy',
    `if [ "$GITHUB_REF" = refs/heads/main ]; then
  kubectl apply -k overlays/prod
else
  kubectl apply -k overlays/staging
fi`,
    ['overlays/prod: kustomize overlays/prod', 'overlays/staging: kustomize overlays/staging'],
  ],
  [
    'defaults',
    'kubectl apply -k overlays/${ENV:-prod} -n ${NS:=shop}',
    ['overlays/prod: kustomize overlays/prod @shop'],
  ],
  [
    'subshells keep their folder to themselves',
    `(cd overlays && kubectl apply -k prod)
kubectl apply -k overlays/staging`,
    ['overlays/prod: kustomize overlays/prod', 'overlays/staging: kustomize overlays/staging'],
  ],
  [
    'wrappers',
    'sudo -E kubectl apply -k overlays/prod; timeout 5m helm upgrade -i web charts/web; env A=b /usr/local/bin/helm upgrade -i api charts/api',
    [
      'overlays/prod: kustomize overlays/prod',
      'web: helm web charts/web @default',
      'api: helm api charts/api @default',
    ],
  ],
  [
    'comments and continuations',
    `# kubectl apply -f manifests
helm upgrade -i \\
  web \\
  charts/web # --set a=b`,
    ['web: helm web charts/web @default'],
  ],
  [
    'leaving the repository',
    'cd ..; kubectl apply -k overlays/prod; cd /srv && helm upgrade -i web charts/web',
    [
      'overlays/prod: UNSUPPORTED The folder .. is outside the repository.',
      'web: UNSUPPORTED The folder /srv is outside the repository.',
    ],
  ],
];

describe('commands of a pipeline', () => {
  it.each(CASES)('%s', (_, script, expected) => {
    expect(told(workflow(script))).toEqual(expected);
  });
});

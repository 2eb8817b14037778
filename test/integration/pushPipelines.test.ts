import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/model/app';
import type { KubeObject } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import { createFolder } from '../unit/render/engine';
import { CASES, CONTENT, type PipelineRun } from './pipelineCases';
import { appNamed, createRepository, openWorkbench } from './pipelineWorld';

const stateFile = process.env['PLUMBLINE_LAB_STATE'];

interface Lab {
  readonly kubeconfig: string;
  readonly tools: Readonly<Record<string, string>>;
}

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

/**
 * Programs in place of helm and kubectl: what would change a cluster prints what it would send
 * there, everything else is the real program.
 */
function programs({ tools }: Lab): string {
  const helm = process.env['PLUMBLINE_HELM'] ?? tools['helm'] ?? tools['helm3'] ?? '';
  const folder = createFolder();
  owned.push(folder.remove);
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  const write = (name: string, lines: readonly string[]): void => {
    writeFileSync(join(bin, name), ['#!/usr/bin/env bash', 'set -e', ...lines, ''].join('\n'));
    chmodSync(join(bin, name), 0o755);
  };
  write('helm', [
    `if [ "$1" != upgrade ] && [ "$1" != install ]; then exec ${helm} "$@"; fi`,
    'verb=$1; shift; args=(); crds=(--include-crds); kind=(--is-upgrade)',
    '[ "$verb" = install ] && kind=()',
    'while [ $# -gt 0 ]; do',
    '  case "$1" in',
    '    --install|-i) kind=() ;;',
    '    --skip-crds) crds=() ;;',
    '    --wait|--atomic|--create-namespace) ;;',
    '    --timeout|--kube-context) shift ;;',
    '    *) args+=("$1") ;;',
    '  esac; shift',
    'done',
    `${helm} template "\${args[@]}" "\${crds[@]}" "\${kind[@]}" > "$SENT/$(date +%s%N).yaml"`,
  ]);
  write('kubectl', [
    `kubectl=${tools['kubectl'] ?? ''}`,
    'case "$1" in apply) shift ;; *) exec "$kubectl" "$@" ;; esac',
    'args=()',
    'for word in "$@"; do [ "$word" = --server-side ] || args+=("$word"); done',
    '"$kubectl" create --dry-run=client --validate=false -o json "${args[@]}" > "$SENT/$(date +%s%N).json"',
  ]);
  write('kustomize', [`exec ${tools['kustomize'] ?? ''} "$@"`]);
  return bin;
}

/** What the commands of a run send, from a copy of the repository. */
function sentBy(run: PipelineRun, repository: string, lab: Lab): readonly KubeObject[] {
  const copy = createFolder();
  const sent = createFolder();
  owned.push(copy.remove, sent.remove);
  cpSync(repository, copy.path, { recursive: true });
  for (const file of ['ci/deploy.sh'].map((path) => join(copy.path, path))) {
    if (existsSync(file)) chmodSync(file, 0o755);
  }
  execFileSync('bash', ['-c', run.shell], {
    cwd: copy.path,
    env: {
      ...run.environment,
      PATH: `${programs(lab)}:/usr/bin:/bin`,
      HOME: copy.path,
      KUBECONFIG: lab.kubeconfig,
      SENT: sent.path,
    },
    encoding: 'utf8',
  });
  const files = execFileSync('ls', [sent.path], { encoding: 'utf8' }).split('\n').filter(Boolean);
  return files.flatMap((name) => objectsIn(readFileSync(join(sent.path, name), 'utf8'), name));
}

function objectsIn(text: string, name: string): readonly KubeObject[] {
  // kubectl prints one JSON text after the other.
  const documents = name.endsWith('.json')
    ? text.split(/^(?<=\})\n?(?=\{)/m).flatMap((one) => one.split(/\n(?=\{\n)/))
    : parseAllDocuments(text, { version: '1.1' }).map((document) => JSON.stringify(document));
  return documents
    .filter((one) => one.trim() !== '' && one.trim() !== 'null')
    .map((one) => JSON.parse(one) as KubeObject);
}

/** In one order, and with the namespace that an object gets where it has none of its own. */
function comparable(objects: readonly KubeObject[], namespace: string): readonly unknown[] {
  return objects
    .map((object) => {
      const metadata = object.metadata as Record<string, unknown>;
      const own = metadata['namespace'];
      const isScoped = object.kind !== 'CustomResourceDefinition';
      const place = isScoped ? { namespace: own ?? namespace } : {};
      return { ...object, metadata: { ...metadata, ...place } };
    })
    .sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
}

function identity({ kind, metadata }: { kind: string; metadata: object }): string {
  return `${kind} ${JSON.stringify(Object.entries(metadata).filter(([key]) => key === 'name'))}`;
}

function namespaceOf({ destination }: App): string {
  return destination.namespace === '' ? 'default' : destination.namespace;
}

describe.skipIf(stateFile === undefined)('what pipelines deploy', () => {
  const lab = JSON.parse(readFileSync(stateFile ?? '', 'utf8')) as Lab;

  it.each(CASES)(
    '$name',
    async ({ files, runs }) => {
      const repository = createRepository({ ...CONTENT, ...files });
      const workbench = openWorkbench([repository.path]);
      owned.push(() => workbench.dispose(), repository.remove);
      await workbench.whenIdle();
      for (const run of runs) {
        const { app, working } = appNamed(workbench, run.app);
        if (working.kind !== 'rendered') throw new Error(JSON.stringify([app.source, working]));
        const want = sentBy(run, repository.path, lab);
        const got = formOf(working.desired.objects).map(({ object }) => object);
        const namespace = run.namespace ?? 'default';
        expect(comparable(got, namespaceOf(app))).toEqual(comparable(want, namespace));
        expect(got.length).toBeGreaterThan(0);
        expect(app.pipeline?.steps.length).toBeGreaterThan(0);
      }
    },
    120_000,
  );
});

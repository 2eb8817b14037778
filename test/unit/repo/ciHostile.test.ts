import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pipelineTexts } from '../../../src/repo/ciFiles';
import { parseShell } from '../../../src/repo/ciShell';
import { readTrees } from '../../../src/yaml/tree';
import { CONTENT, told, workflow } from './ciWorld';
import type { FileTable } from './inMemory';

/** Far more than any of these takes, far less than what does not end. */
const LIMIT_MS = 4000;

const MANY = 20_000;

/** Texts that cost a careless reader all its time, memory or stack. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'nested substitutions': `helm upgrade -i a ${'$('.repeat(MANY)}`,
  'nested substitutions in quotes': `echo ${'"$('.repeat(MANY)}`,
  'nested expansions': `echo ${'${a:-'.repeat(MANY)}`,
  'nested groups': '{ '.repeat(MANY),
  'nested subshells': '( '.repeat(MANY),
  'nested ifs': 'if true; then '.repeat(MANY),
  'nested functions': 'f() { '.repeat(MANY),
  'nested cases': 'case x in x) '.repeat(MANY),
  'open quotes': `"${'\\'.repeat(MANY)}`,
  'many braces': `echo ${'{a,b}'.repeat(200)} ${'{'.repeat(MANY)}`,
  'many stars': `for f in ${'*'.repeat(200)}a; do kubectl apply -f $f; done`,
  'loops in loops':
    'for a in 1 2 3 4 5 6 7 8 9; do '.repeat(12) +
    'kubectl apply -f manifests; ' +
    'done; '.repeat(12),
  'a function of itself': 'f() { f; f; }; f',
  'a variable that grows': `X=aaaaaaaaaa\n${'X="$X$X"\n'.repeat(40)}helm upgrade -i web charts/web --set a=$X`,
  'ways that double': `${'if x; then A=1; else A=2; fi\n'.repeat(500)}kubectl apply -k overlays/$A`,
  'open here-documents': 'cat <<A <<B <<C\n'.repeat(2000),
  patterns: `X=${'a'.repeat(900)}\necho \${X%%${'*a'.repeat(200)}b}`,
  'many commands': 'kubectl apply -f manifests/a.yaml\n'.repeat(20_000),
  'expressions that open': '${{ '.repeat(MANY),
  'one long word': 'a'.repeat(900_000),
  'private characters': 'kubectl apply -k \uE000overlays/prod\uE001 \uE002/overlays/prod \uE010\0',
};

describe('scripts beyond reason', () => {
  it.each(Object.entries(SCRIPTS))('%s', (_, script) => {
    const started = process.cpuUsage();
    for (const files of ways(script)) expect(told(files).length).toBeLessThan(20);
    expect(computedMs(started)).toBeLessThan(LIMIT_MS);
  });
});

/** What this process computed since then: time on the clock also tells what else the machine does. */
function computedMs(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** The same text where each reader gets it. */
function ways(script: string): readonly FileTable[] {
  const quoted = JSON.stringify(script);
  return [
    workflow(script),
    { '.gitlab-ci.yml': `a: {script: [${quoted}]}\n` },
    { 'azure-pipelines.yml': `steps: [{script: ${quoted}}]\n` },
    { Jenkinsfile: `node { sh '''${script}''' }` },
    { '.gitlab-ci.yml': 'a: {script: [./a.sh]}\n', 'a.sh': script },
    {
      '.gitlab-ci.yml': 'a: {script: [make]}\n',
      Makefile: `all:\n\t${script.replaceAll('\n', '\n\t')}\n`,
    },
  ];
}

/** Lists of the list before, ten times each: ten to the tenth lines from a few. */
const BOMB = Array.from({ length: 10 }, (_, level) => {
  const items = level === 0 ? '"kubectl apply -f manifests"' : `*l${level - 1}`;
  return `.l${level}: &l${level} [${Array(10).fill(items).join(', ')}]`;
}).join('\n');

const PIPELINES: Readonly<Record<string, FileTable>> = {
  'a bomb of aliases': { '.gitlab-ci.yml': `${BOMB}\na: {script: *l9}\n` },
  'a bomb of merges': {
    '.gitlab-ci.yml': Array.from({ length: 30 }, (_, at) =>
      at === 0
        ? '.j0: &j0 {script: [kubectl apply -f manifests]}'
        : `.j${at}: &j${at} {<<: [*j${at - 1}, *j${at - 1}]}`,
    ).join('\n'),
  },
  'references in a circle': {
    '.gitlab-ci.yml':
      'a: {script: [!reference [b, script]]}\nb: {script: [!reference [a, script]]}\n',
  },
  'includes in a circle': {
    '.gitlab-ci.yml': 'include: [{local: a.yml}]\n',
    'a.yml': 'include: [{local: b.yml}, {local: .gitlab-ci.yml}]\n',
    'b.yml': 'include: [{local: a.yml}]\nx: {script: [kubectl apply -k overlays/prod]}\n',
  },
  'workflows in a circle': {
    '.github/workflows/a.yml':
      'on: workflow_call\njobs: {a: {uses: ./.github/workflows/b.yml}, b: {uses: ./.github/workflows/b.yml}}\n',
    '.github/workflows/b.yml':
      'jobs: {a: {uses: ./.github/workflows/a.yml}, b: {uses: ./.github/workflows/b.yml}}\n',
  },
  'actions in a circle': {
    '.github/workflows/a.yml': 'jobs: {a: {steps: [{uses: ./x}]}}\n',
    'x/action.yml': 'runs: {using: composite, steps: [{uses: ./x}, {uses: ./x}, {uses: ./x}]}\n',
  },
  'templates in a circle': {
    'azure-pipelines.yml':
      'jobs: [{template: azure-pipelines.yml}, {template: azure-pipelines.yml}]\n',
  },
  'variables in a circle': {
    '.gitlab-ci.yml':
      'variables: {A: "$B$B", B: "$A$A"}\na: {script: ["kubectl apply -k overlays/$A"]}\n',
    'azure-pipelines.yml':
      'variables: {A: $(B)$(B), B: $(A)$(A)}\nsteps: [{script: kubectl apply -k $(A)}]\n',
  },
  'make in a circle': {
    '.gitlab-ci.yml': 'a: {script: [make all]}\n',
    Makefile:
      'A = $(B)$(B)\nB = $(A)$(A)\nall: all other\n\tmake all $(A)\nother: all\n\tkubectl apply -k overlays/prod\n',
  },
  'scripts in a circle': {
    '.gitlab-ci.yml': 'a: {script: [./a.sh]}\n',
    'a.sh': './a.sh\n. ./a.sh\nsource a.sh\nbash a.sh\nkubectl apply -k overlays/prod\n',
  },
  'a matrix of millions': {
    '.github/workflows/a.yml': `jobs:\n  a:\n    strategy:\n      matrix: {${Array.from({ length: 8 }, (_, at) => `m${at}: [1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(', ')}}\n    steps: [{run: "kubectl apply -k overlays/prod -n x\${{ matrix.m7 }}"}]\n`,
  },
  'loops of templates': {
    'azure-pipelines.yml': `parameters: [{name: l, default: [${Array(200).fill('a').join(', ')}]}]\nsteps:\n  - \${{ each a in parameters.l }}:\n      - \${{ each b in parameters.l }}:\n          - \${{ each c in parameters.l }}: [{script: kubectl apply -f manifests}]\n`,
  },
  'broken YAML': {
    '.gitlab-ci.yml': 'a: {script: [kubectl apply -k overlays/prod\nb: ]: {{{\n\t- x',
  },
  'other shapes than expected': {
    '.gitlab-ci.yml':
      'include: 5\nvariables: [a]\ndefault: x\na: {script: {x: y}, extends: {a: b}, parallel: {matrix: x}, rules: 5}\nb: [c]\n',
    '.github/workflows/a.yml': 'jobs:\n  - a\n',
    '.github/workflows/b.yml':
      'jobs: {a: b, c: {steps: {run: x}, strategy: {matrix: [a]}}, d: {steps: [a, [b], {run: [x]}], env: [a]}}\n',
    'azure-pipelines.yml':
      'stages: {a: b}\njobs: x\nsteps: {script: y}\nvariables: x\nparameters: 5\n',
    Jenkinsfile: '}}} sh sh( sh(script: ) environment { = } dir( { stage(',
  },
  'only a tag': { '.gitlab-ci.yml': '!reference [a]\n' },
  'deep YAML': { '.gitlab-ci.yml': `a: ${'['.repeat(5000)}kubectl` },
  'a large file': {
    '.gitlab-ci.yml': `a: {script: [kubectl apply -k overlays/prod]}\n#${'x'.repeat(2_000_000)}`,
  },
  nothing: { '.gitlab-ci.yml': '', Jenkinsfile: '', 'azure-pipelines.yml': '---\n---\n' },
};

describe('pipelines beyond reason', () => {
  it.each(Object.entries(PIPELINES))('%s', (_, files) => {
    const started = process.cpuUsage();
    expect(told(files).length).toBeLessThan(30);
    expect(computedMs(started)).toBeLessThan(LIMIT_MS);
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'helm upgrade -i a charts/web',
      'kubectl apply -f -',
      '$(',
      '${',
      '`',
      "'",
      '"',
    ),
    fc.constantFrom(
      '<<E\n',
      '\n',
      ' ',
      ';',
      '&&',
      '|',
      '(',
      ')',
      '{',
      '}',
      'if',
      'then',
      'fi',
      'for',
    ),
    fc.constantFrom(
      'in',
      'do',
      'done',
      'case',
      'esac',
      ';;',
      '\\',
      '#',
      '[[',
      ']]',
      '=',
      '((',
      '>',
      '*',
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));

  it('is read as a script without an end of the world', () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(Array.isArray(parseShell(one))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is read in every place of a pipeline', () => {
    fc.assert(
      fc.property(text, (one) => {
        for (const files of ways(one)) expect(Array.isArray(told(files))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('is read as YAML', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-[]{},&*!|> \n\'"#') }), (one) => {
        expect(Array.isArray(readTrees(one))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('names files in no time', () => {
    const paths = Object.keys(CONTENT).concat('.gitlab-ci.yml', 'a.sh', 'Makefile');
    const started = process.cpuUsage();
    for (const one of ['/'.repeat(200_000), 'a/'.repeat(100_000), 'local: a.yml '.repeat(20_000)]) {
      pipelineTexts(paths, new Map([['.gitlab-ci.yml', one]]));
    }
    expect(computedMs(started)).toBeLessThan(LIMIT_MS);
  });
});

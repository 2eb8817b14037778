import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/model/problem';
import { placeProblems } from '../../../src/validate/placeProblems';
import { locate } from '../../../src/yaml/locate';
import { pointerAt } from '../../../src/yaml/pointerAt';

const TEXT = `apiVersion: v1
kind: ConfigMap
metadata:
  name: first
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replica: 2
  template:
    spec:
      containers:
        - name: web
          image: 7
`;

function problem(pointer: string | undefined, more: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    code: 'unknown-field',
    message: 'm',
    location: { path: 'a.yaml', line: 6 },
    ...(pointer === undefined ? {} : { pointer }),
    ...more,
  };
}

async function place(given: Problem, text: string | undefined = TEXT) {
  const textOf = () => Promise.resolve(text);
  const [placed] = await placeProblems({ problems: [given], textOf, locate, pointerAt });
  return placed?.location;
}

describe('placeProblems', () => {
  it('narrows a finding to its field, in the document that made the object', async () => {
    expect(await place(problem('/spec/replica'))).toMatchObject({ line: 11, column: 3 });
    expect(await place(problem('/spec/template/spec/containers/0/image'))).toMatchObject({
      line: 16,
    });
    const first = { location: { path: 'a.yaml', line: 1 } };
    expect(await place(problem('/metadata/name', first))).toMatchObject({ line: 4 });
  });

  it('puts what is missing at the nearest thing that is there', async () => {
    const missing = { code: 'missing-field' };
    expect(await place(problem('/spec/selector', missing))).toMatchObject({ line: 10 });
    const container = problem('/spec/template/spec/containers/0/ports/0/x', missing);
    expect(await place(container)).toMatchObject({ line: 15 });
    const nothing = problem('/data/x', missing);
    expect(await place(nothing)).toEqual(nothing.location);
  });

  it('takes the only document where the line is not known, and none of several', async () => {
    const location = { location: { path: 'a.yaml' } };
    const single = TEXT.slice(TEXT.indexOf('---') + 4);
    expect(await place(problem('/spec/replica', location), single)).toMatchObject({ line: 6 });
    expect(await place(problem('/spec/replica', location))).toEqual({ path: 'a.yaml' });
  });

  it.each([
    ['a field that a patch brought', problem('/spec/paused'), TEXT],
    ['a template', problem('/spec/replica'), TEXT.replace('2', '{{ .Values.replicas }}')],
    ['no text', problem('/spec/replica'), undefined],
    [
      'another kind of file',
      problem('/spec/replica', { location: { path: 'a.tpl', line: 6 } }),
      TEXT,
    ],
    ['broken text', problem('/spec/replica'), '\t: : ['],
    ['no field', problem(undefined), TEXT],
    [
      'a place that is exact',
      problem('/spec/replica', { location: { path: 'a.yaml', line: 1, column: 2 } }),
      TEXT,
    ],
  ])('leaves the finding as it is for %s', async (_, given, text) => {
    const textOf = () => Promise.resolve(text);
    const placed = await placeProblems({ problems: [given], textOf, locate, pointerAt });
    expect(placed).toEqual([given]);
  });

  it('reads each file once', async () => {
    const read: string[] = [];
    const textOf = (path: string) => {
      read.push(path);
      return Promise.resolve(TEXT);
    };
    const problems = [problem('/spec/replica'), problem('/spec/template')];
    await placeProblems({ problems, textOf, locate, pointerAt });
    expect(read).toEqual(['a.yaml']);
  });
});

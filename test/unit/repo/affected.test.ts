import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RenderInput } from '../../../src/model/render';
import { affected, type AffectableApp, type PathChange } from '../../../src/repo/affected';

const name = fc.constantFrom('a', 'b', 'c', 'd.yaml', 'e.yaml');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const kind = fc.constantFrom('created', 'changed', 'deleted');
const change: fc.Arbitrary<PathChange> = fc.record({ path, kind });
const fileInput: fc.Arbitrary<RenderInput> = fc.record({
  kind: fc.constant('file' as const),
  path,
  found: fc.boolean(),
});
const listingInput: fc.Arbitrary<RenderInput> = fc.record({
  kind: fc.constant('listing' as const),
  path: fc.oneof(path, fc.constant('')),
  recursive: fc.boolean(),
});
const inputs = fc.array(fc.oneof(fileInput, listingInput), { maxLength: 6 });

function app(
  inputsOf: readonly RenderInput[] | undefined,
  more: Partial<AffectableApp> = {},
): AffectableApp {
  return {
    key: 'app',
    sourcePath: 'nowhere',
    ...(inputsOf === undefined ? {} : { inputs: inputsOf }),
    ...more,
  };
}

function isAffected(changes: readonly PathChange[], one: AffectableApp): boolean {
  return affected(changes, [one]).has(one.key);
}

function isBelow(inner: string, outer: string): boolean {
  return outer === '' || inner.startsWith(`${outer}/`);
}

/** What the documentation of a render input says, input by input. */
function askedFor({ path: changed, kind: how }: PathChange, input: RenderInput): boolean {
  if (changed === input.path) return true;
  if (how === 'changed') return false;
  if (isBelow(input.path, changed)) return true;
  if (input.kind === 'file') return false;
  const rest = input.path === '' ? changed : changed.slice(input.path.length + 1);
  return isBelow(changed, input.path) && (input.recursive || !rest.includes('/'));
}

describe('affected', () => {
  it('is exact: an app is affected when one of its inputs asked for a change, and only then', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), inputs, (changes, asked) => {
        const expected = changes.some((one) => asked.some((input) => askedFor(one, input)));
        expect(isAffected(changes, app(asked))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('holds for a path that no render asked for', () => {
    fc.assert(
      fc.property(path, kind, fc.array(fileInput), (changed, how, asked) => {
        fc.pre(!asked.some((input) => input.path === changed || isBelow(input.path, changed)));
        expect(isAffected([{ path: changed, kind: how }], app(asked))).toBe(false);
      }),
    );
  });

  it('holds for any path that was asked for, also one that did not exist', () => {
    fc.assert(
      fc.property(kind, fc.array(fileInput, { minLength: 1 }), fc.nat(), (how, asked, at) => {
        const chosen = asked[at % asked.length];
        expect(isAffected([{ path: chosen?.path ?? '', kind: how }], app(asked))).toBe(true);
      }),
    );
  });

  it('holds for a new file in a folder that was listed', () => {
    fc.assert(
      fc.property(path, name, fc.boolean(), (folder, file, recursive) => {
        const listing: RenderInput = { kind: 'listing', path: folder, recursive };
        const added: PathChange = { path: `${folder}/${file}`, kind: 'created' };
        expect(isAffected([added], app([listing]))).toBe(true);
        expect(isAffected([{ ...added, path: `${folder}/x/${file}` }], app([listing]))).toBe(
          recursive,
        );
        expect(isAffected([{ ...added, kind: 'changed' }], app([listing]))).toBe(false);
      }),
    );
  });

  it('asks each app by itself, and more changes never affect less', () => {
    const apps = fc.array(inputs, { maxLength: 4 });
    fc.assert(
      fc.property(apps, fc.array(change), fc.array(change), (asked, some, more) => {
        const all = asked.map((one, index) => app(one, { key: String(index) }));
        const few = affected(some, all);
        const many = affected([...some, ...more], all);
        for (const key of few) expect(many.has(key)).toBe(true);
        for (const one of all) expect(few.has(one.key)).toBe(isAffected(some, one));
      }),
    );
  });

  it('includes the app whose definition changed, rendered or not', () => {
    const definedIn = 'apps/web.yaml';
    const changes: readonly PathChange[] = [{ path: definedIn, kind: 'changed' }];
    expect(isAffected(changes, app([], { definedIn }))).toBe(true);
    expect(isAffected(changes, app(undefined, { definedIn }))).toBe(true);
    expect(isAffected([{ path: 'apps', kind: 'deleted' }], app([], { definedIn }))).toBe(true);
  });

  it.each([
    ['charts/shop/values.yaml', 'charts/shop', true],
    ['charts/shop', 'charts/shop', true],
    ['charts', 'charts/shop', true],
    ['charts/shop2/values.yaml', 'charts/shop', false],
    ['anything.yaml', '', true],
  ])('a never-rendered app: %s below %s: %s', (changed, sourcePath, expected) => {
    const one = app(undefined, { sourcePath });
    expect(isAffected([{ path: changed, kind: 'changed' }], one)).toBe(expected);
  });

  it('is nothing without changes', () => {
    expect(affected([], [app(undefined, { sourcePath: '' })]).size).toBe(0);
  });
});

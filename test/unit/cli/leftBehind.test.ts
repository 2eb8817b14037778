import { describe, expect, it } from 'vitest';
import { leftBehindIn, writeLeftBehind } from '../../../src/cli/leftBehind';
import type { Io } from '../../../src/cli/io';
import type { Stray } from '../../../src/model/stray';
import { straySentence } from '../../../src/model/stray';
import { cluster } from '../views/states';

function stray(name: string): Stray {
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'flags' };
  return { claim: { kind: 'Application', namespace: '', name }, ids: [id] };
}

function lines(strays: readonly Stray[]): readonly string[] {
  const written: string[] = [];
  const io = { err: (line: string) => written.push(line) } as unknown as Io;
  writeLeftBehind(io, leftBehindIn([cluster('eu', undefined, { strays })]));
  return written;
}

describe('what is left behind, on the command line', () => {
  it('is data of each cluster that has some, with the sentence that is written', () => {
    const shop = stray('shop');
    const found = leftBehindIn([cluster('eu', undefined, { strays: [shop] }), cluster('us')]);
    expect(found).toEqual([
      {
        cluster: 'eu',
        leftBehind: [{ by: shop.claim, objects: shop.ids, message: straySentence(shop) }],
      },
    ]);
    expect(lines([shop])).toEqual([`eu: ${straySentence(shop)}`]);
  });

  it('is written for the first twenty makers', () => {
    const written = lines(Array.from({ length: 23 }, (_, index) => stray(`app-${index}`)));
    expect(written).toHaveLength(21);
    expect(written.at(-1)).toBe('eu: 3 more have left objects behind; -o json has them all.');
    expect(lines([])).toEqual([]);
  });
});

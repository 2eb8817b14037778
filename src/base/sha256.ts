/** The SHA-256 of a text (as UTF-8) in lower-case hex: FIPS 180-4, for layers without Node. */
export function sha256Hex(text: string): string {
  const blocks = padded(new TextEncoder().encode(text));
  const state = Uint32Array.from(initialState());
  for (let offset = 0; offset < blocks.byteLength; offset += 64) {
    compress(state, schedule(blocks, offset));
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** Fractional bits of the roots of the first primes, which is how the standard defines its constants. */
function rootBits(count: number, root: (value: number) => number): readonly number[] {
  const primes: number[] = [];
  for (let value = 2; primes.length < count; value += 1) {
    if (primes.every((prime) => value % prime !== 0)) primes.push(value);
  }
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

function initialState(): readonly number[] {
  return rootBits(8, Math.sqrt);
}

function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const view = new DataView(new ArrayBuffer(length));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function schedule(blocks: DataView, offset: number): Uint32Array {
  const words = new Uint32Array(64);
  for (let at = 0; at < 16; at += 1) words[at] = blocks.getUint32(offset + at * 4);
  for (let at = 16; at < 64; at += 1) {
    const early = words[at - 15] ?? 0;
    const late = words[at - 2] ?? 0;
    const low = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const high = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[at] = (words[at - 16] ?? 0) + low + (words[at - 7] ?? 0) + high;
  }
  return words;
}

/** The eight working variables a to h. */
type Registers = readonly [number, number, number, number, number, number, number, number];

const ROUND_CONSTANTS = rootBits(64, Math.cbrt);

function compress(state: Uint32Array, words: Uint32Array): void {
  const round = Uint32Array.from(state);
  words.forEach((word, at) => {
    const [a, b, c, d, e, f, g, h] = round as unknown as Registers;
    const mixE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const mixA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = h + mixE + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[at] ?? 0) + word;
    const second = mixA + ((a & b) ^ (a & c) ^ (b & c));
    round.set([first + second, a, b, c, d + first, e, f, g]);
  });
  state.forEach((word, at) => {
    state[at] = word + (round[at] ?? 0);
  });
}

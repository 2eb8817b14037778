import type { Json } from '../model/resource';

/** Suffixes of `resource.Quantity` (k8s.io/apimachinery, quantity.go). */
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const shape = /^([+-]?)(\d+)?(?:\.(\d*))?([A-Za-z]{0,2}|[eE][+-]?\d{1,3})$/;

/** The value times 10^-exponent, so that comparing needs no floating point. */
interface Scaled {
  readonly digits: bigint;
  readonly exponent: number;
}

function suffixScale(suffix: string): { factor: bigint; exponent: number } | undefined {
  const power = binary[suffix];
  if (power !== undefined) return { factor: power, exponent: 0 };
  const exponent = decimal[suffix];
  if (exponent !== undefined) return { factor: 1n, exponent };
  const scientific = /^[eE]([+-]?\d+)$/.exec(suffix);
  return scientific ? { factor: 1n, exponent: Number(scientific[1]) } : undefined;
}

function parse(value: Json): Scaled | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = shape.exec(String(value));
  return match ? scaled(match.map((part) => part ?? '')) : undefined;
}

function scaled(parts: readonly string[]): Scaled | undefined {
  const [, sign = '', whole = '', fraction = '', suffix = ''] = parts;
  const scale = suffixScale(suffix);
  const digits = whole + fraction;
  if (!scale || digits === '') return undefined;
  return {
    digits: BigInt(`${sign === '-' ? '-' : ''}${digits}`) * scale.factor,
    exponent: scale.exponent - fraction.length,
  };
}

function atExponent(value: Scaled, exponent: number): bigint {
  return value.digits * 10n ** BigInt(value.exponent - exponent);
}

/** Equal as quantities: `1000m`, `1` and the number 1; `undefined` when one is no quantity. */
export function sameQuantity(a: Json, b: Json): boolean | undefined {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) return undefined;
  const exponent = Math.min(left.exponent, right.exponent);
  return atExponent(left, exponent) === atExponent(right, exponent);
}

/** True when the quantity `a` is less than `b`; false also where one is no quantity. */
export function lessQuantity(a: Json, b: Json): boolean {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) return false;
  const exponent = Math.min(left.exponent, right.exponent);
  return atExponent(left, exponent) < atExponent(right, exponent);
}

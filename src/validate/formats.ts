/** Go's `encoding/json` reads `[]byte` as padded standard base64 and skips line ends. */
export function isBase64(text: string): boolean {
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
}

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** A `resource.Quantity` of apimachinery: `500m`, `1.5Gi`, `1e3`. */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text.trim());
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** What `metav1.Time` parses. A date that does not exist becomes another one when it is read. */
export function isTime(text: string): boolean {
  if (!RFC3339.test(text)) return false;
  const local = text.slice(0, 19);
  const millis = Date.parse(`${local}Z`);
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(local);
}

export function isInt32(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31;
}

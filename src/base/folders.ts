/** How many leading folders two paths with forward slashes have in common. */
export function sharedDepth(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  const length = Math.min(left.length, right.length);
  for (let depth = 0; depth < length; depth += 1) {
    if (left[depth] !== right[depth]) return depth;
  }
  return length;
}

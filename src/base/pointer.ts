/** JSON pointers (RFC 6901). */
export function toPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The unescaped tokens. A pointer without a leading slash is read as if it had one. */
export function pointerTokens(pointer: string): readonly string[] {
  if (pointer === '') return [];
  const body = pointer.startsWith('/') ? pointer.slice(1) : pointer;
  return body.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

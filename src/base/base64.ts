/** The text whose bytes base64 stands for; throws on what is no base64, and never on odd bytes. */
export function textOfBase64(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

/** Whether a text repeats a value of a Secret. */
export type CopyTest = (text: string) => boolean;

/** Shorter values, and short numbers, are in innocent text everywhere, as for `maskText`. */
const SHORTEST = 4;
const INNOCENT = /^(true|false|\d{1,5})$/i;

interface Form {
  readonly text: string;
  /** A word: part of a longer one it is no copy. */
  readonly isWord: boolean;
}

/**
 * Finds values, given in base64, in texts: as they are, escaped for JSON, in base64 and in hexadecimal
 * digits. What is put into a longer secret and cut or encoded otherwise is not found.
 */
export function copyTest(values: readonly string[]): CopyTest {
  const forms = new Map<string, Form>();
  for (const value of values) for (const form of formsOf(value)) forms.set(form.text, form);
  const all = [...forms.values()];
  return (text) => all.some((form) => repeats(text, form));
}

function formsOf(base64: string): readonly Form[] {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const plain = new TextDecoder().decode(bytes);
  const trimmed = plain.trim();
  if (trimmed.length < SHORTEST || INNOCENT.test(trimmed)) return [];
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const escaped = JSON.stringify(trimmed).slice(1, -1);
  // Without the end, which changes with what follows.
  const encoded = base64.replace(/.{0,4}$/, '');
  return [plain, trimmed, escaped, base64, encoded, hex, hex.toUpperCase()]
    .filter((text) => text.length >= SHORTEST)
    .map((text) => ({ text, isWord: /^([A-Za-z]+|\d+)$/.test(text) }));
}

const WORD = /[A-Za-z0-9_.-]/;

function repeats(text: string, { text: value, isWord }: Form): boolean {
  if (!isWord) return text.includes(value);
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + value.length] ?? ' '];
    if (!WORD.test(before) && !WORD.test(after)) return true;
  }
  return false;
}

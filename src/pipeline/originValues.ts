import type { OriginPlace } from '../model/origin';
import type { Core, RootEntry } from './core';
import { snapshotOf } from './discovery';
import { textOf } from './fileFacts';
import { sourceText } from './otherFiles';

const LONGEST = 120;

/**
 * The places with what stands there. Nothing is shown of what decides a Secret, nor of a file that
 * holds one: which of its values are secret is nobody's guess.
 */
export async function withValues(
  core: Core,
  resource: string,
  places: readonly OriginPlace[],
): Promise<readonly OriginPlace[]> {
  if (isSecretKind(resource.split('/')[1])) return places;
  const shown: OriginPlace[] = [];
  for (const place of places) {
    const value = await valueOf(core, place);
    shown.push(value === undefined ? place : { ...place, value });
  }
  return shown;
}

function isSecretKind(kind: unknown): boolean {
  return kind === 'Secret' || kind === 'SealedSecret';
}

async function valueOf(core: Core, place: OriginPlace): Promise<string | undefined> {
  const { line, column = 1 } = place;
  const text = line === undefined ? undefined : await textAt(core, place);
  if (text === undefined || line === undefined) return undefined;
  const lines = text.split('\n');
  const value = token((lines[line - 1] ?? '').slice(Math.max(0, column - 1)).trim());
  if (value === '') return undefined;
  return value.length > LONGEST ? `${value.slice(0, LONGEST - 1)}…` : value;
}

/** The text of its file; `undefined` where that may not be shown. */
async function textAt(
  core: Core,
  { root, path, document }: OriginPlace,
): Promise<string | undefined> {
  if (document !== undefined) {
    const state = core.store.app(document.appKey);
    const read = state && (await sourceText(core, state, document));
    return read !== undefined && 'text' in read ? read.text : undefined;
  }
  const entry = core.roots.get(root);
  if (entry === undefined || holdsSecrets(entry, path)) return undefined;
  return await textOf(core, snapshotOf(entry), path);
}

/** Of a line with several fields the one that begins the text. */
function token(text: string): string {
  // Behind the last action there can be the ends of maps and lists around it.
  if (text.includes('{{')) return text.replace(/(\}\})[}\],\s]*$/, '$1');
  const key = /^(?:- )*["']?[\w./-]+["']?:\s+(?=\S)/.exec(text)?.[0] ?? '';
  const value = text.slice(key.length);
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(value)?.[0];
  return (
    key +
    (quoted ??
      value
        .replace(/\s+#.*$/, '')
        .replace(/[,}\]]\s*.*$/, '')
        .replace(/["']$/, ''))
  );
}

function holdsSecrets({ parsed }: RootEntry, path: string): boolean {
  const documents = parsed.get(path)?.documents ?? [];
  return documents.some(
    ({ value }) => isSecretKind(value['kind']) || 'sops' in value || 'secretGenerator' in value,
  );
}

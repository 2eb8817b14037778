import { objectDocuments } from './documents';

/** The first mapping of a text as plain data; `undefined` where there is none, or it is broken. */
export function yamlValue(text: string): unknown {
  const [document] = objectDocuments(text);
  if (document === undefined || document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Too many aliases.
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

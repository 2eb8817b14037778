import { type Document, isMap, type ParsedNode, parseAllDocuments } from 'yaml';

/** Past this size a source is not parsed for ranges: the editor would feel it. */
const SIZE_LIMIT = 10 * 1024 * 1024;

export type SourceDocument = Document.Parsed<ParsedNode, true>;

/**
 * The documents of a source that are mappings, in order: the count that `documentIndex` uses, equal
 * to the documents of a `ParsedFile`. Broken text gives the nodes that could be read; text nested
 * beyond reason gives none.
 */
export function objectDocuments(text: string): readonly SourceDocument[] {
  if (text.length > SIZE_LIMIT || isNestedBeyondReason(text)) return [];
  try {
    const documents = parseAllDocuments(text, {
      keepSourceTokens: false,
      uniqueKeys: false,
      merge: false,
    });
    return documents.filter((document): document is SourceDocument => isMap(document.contents));
  } catch (error) {
    // Deep nesting overflows the recursive composer.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

const DEEPEST_TEXT = 1000;
const INLINE_NESTING = /(?:[-?][ \t]+){200}| {2000}/;

/**
 * The library composes by recursion, and a stack that runs out inside a regular expression ends the
 * whole process: such texts are not handed to it.
 */
export function isNestedBeyondReason(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === '[' || letter === '{') depth += 1;
    else if (letter === ']' || letter === '}') depth = Math.max(0, depth - 1);
    if (depth > DEEPEST_TEXT) return true;
  }
  return INLINE_NESTING.test(text);
}

import type { ParsedDocument, ParsedFile } from '../model/render';
import { textAt } from './fields';

/**
 * A file as it is now, with the documents of its last good state in place of those that do not parse:
 * an app whose definition is being typed is still that app, and the problems say what is wrong.
 * Never more documents are kept than are broken.
 */
export function keepLastGood(before: ParsedFile | undefined, now: ParsedFile): ParsedFile {
  const broken = now.problems.filter(
    ({ severity, code }) => severity === 'error' && code !== 'not-found',
  );
  if (before === undefined || broken.length === 0) return now;
  const present = new Set(now.documents.map(identityOf));
  const kept = before.documents
    .filter((document) => !present.has(identityOf(document)))
    .slice(0, broken.length);
  const documents = [...now.documents, ...kept].sort((a, b) => a.line - b.line);
  return kept.length === 0 ? now : { ...now, documents };
}

function identityOf({ value }: ParsedDocument): string {
  return JSON.stringify([
    textAt(value, 'apiVersion'),
    textAt(value, 'kind'),
    textAt(value, 'metadata', 'namespace'),
    textAt(value, 'metadata', 'name'),
  ]);
}

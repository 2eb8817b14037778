import type { DocumentRequest, DocumentText, Refusal } from '../model/workbench';

const ABSENT: Readonly<Record<DocumentRequest['kind'], string>> = {
  live: 'Not in the cluster',
  stray: 'Not in the cluster any more',
  desired: 'Not in Git',
  target: 'Not in the target',
  working: 'Not in the working copy',
  rendered: 'This app renders to no object',
  source: 'An empty file',
};

/** A side without the object says so: an empty page looks like one that failed to load. */
export function documentText(request: DocumentRequest, answer: DocumentText | Refusal): string {
  if (!('text' in answer)) return `# ${answer.reason}\n`;
  return answer.text === '' ? `# ${ABSENT[request.kind]} (${answer.label}).\n` : answer.text;
}

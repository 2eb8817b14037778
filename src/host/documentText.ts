import type { DocumentRequest, DocumentText, Refusal } from '../model/workbench';

const ABSENT: Readonly<Record<DocumentRequest['kind'], string>> = {
  live: 'The cluster does not have this object',
  desired: 'Git does not have this object',
  target: 'The target does not have this object',
  working: 'The working copy does not have this object',
  rendered: 'The app renders to no object',
};

/** A side without the object says so: an empty page looks like one that failed to load. */
export function documentText(request: DocumentRequest, answer: DocumentText | Refusal): string {
  if (!('text' in answer)) return `# ${answer.reason}\n`;
  return answer.text === '' ? `# ${ABSENT[request.kind]} (${answer.label}).\n` : answer.text;
}

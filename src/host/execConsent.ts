import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Memento } from 'vscode';
import { UserError } from '../base/userError';
import type { KubeContext, LoginConsent } from '../model/cluster';

const KEY = 'execConsent';
const LONGEST_ARGUMENTS = 300;

/** Consent to log in with files that are inside the workspace, by their bytes. */
export interface ExecConsent {
  readonly allowExec: (file: string, sha256: string) => boolean;
  /** Asks where it is needed; true when the context may be connected. */
  ask(context: KubeContext): Promise<boolean>;
}

export interface ConsentDialog {
  /** True after a yes. */
  confirm(message: string, detail: string): Promise<boolean>;
  /** A path as the user knows it. */
  place(file: string): string;
}

export function createExecConsent(
  memory: Pick<Memento, 'get' | 'update'>,
  dialog: ConsentDialog,
): ExecConsent {
  const given = (): readonly string[] => memory.get<readonly string[]>(KEY, []);
  return {
    allowExec: (file, sha256) => given().includes(entry(file, sha256)),
    async ask({ ref, consent }) {
      if (consent === undefined) return true;
      // Hashed before the question: what changes while it is read is not what was allowed.
      const asked = await Promise.all(consent.files.map(entryNow));
      const open = asked.filter((one) => !given().includes(one));
      if (open.length === 0) return true;
      const yes = await dialog.confirm(
        messageOf(consent, dialog),
        detailOf(ref.name, consent, dialog),
      );
      if (yes) await memory.update(KEY, [...given(), ...open]);
      return yes;
    },
  };
}

function messageOf({ program, files }: LoginConsent, dialog: ConsentDialog): string {
  return program === undefined
    ? `Send the files that ${files.map((file) => placeOf(file, dialog)).join(' and ')} names?`
    : `Run the login program ${placeOf(program, dialog)}?`;
}

function detailOf(context: string, consent: LoginConsent, dialog: ConsentDialog): string {
  const { files, program, args, reads } = consent;
  return [
    `Files of this workspace decide how the context ${context} logs in. Allow it only if you trust them:`,
    list(files.map((file) => placeOf(file, dialog))),
    program === undefined
      ? ''
      : `It runs:\n${list([shown([program, ...args].map(quoted).join(' '))])}`,
    reads.length === 0 ? '' : `It reads, and sends to the server:\n${list(reads.map(shown))}`,
    files.length === 1
      ? 'Any change of the file asks again.'
      : 'Any change of these files asks again.',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function placeOf(file: string, dialog: ConsentDialog): string {
  return shown(dialog.place(file));
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `  • ${line}`).join('\n');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word);
}

/** A kubeconfig cannot push what it runs out of the dialog, nor add lines to it. */
function shown(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ');
  return line.length <= LONGEST_ARGUMENTS ? line : `${line.slice(0, LONGEST_ARGUMENTS)}…`;
}

async function entryNow(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) throw new UserError(`${basename(file)} cannot be read.`);
  return entry(file, createHash('sha256').update(bytes).digest('hex'));
}

function entry(file: string, sha256: string): string {
  return `${sha256} ${file}`;
}

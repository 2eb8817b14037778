import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { KubeContext } from '../model/cluster';

const KEY = 'execConsent';
const ALLOW = 'Allow';

/** Consent to run the login program that a kubeconfig inside the workspace names, by its bytes. */
export interface ExecConsent {
  readonly allowExec: (file: string, sha256: string) => boolean;
  /** Asks where it is needed; true when the context may be connected. */
  ask(context: KubeContext): Promise<boolean>;
}

export function createExecConsent(memory: vscode.Memento): ExecConsent {
  const given = (): readonly string[] => memory.get<readonly string[]>(KEY, []);
  return {
    allowExec: (file, sha256) => given().includes(entry(file, sha256)),
    async ask({ ref, exec }) {
      if (exec?.insideWorkspace !== true) return true;
      const bytes = await readFile(ref.file);
      const asked = entry(ref.file, createHash('sha256').update(bytes).digest('hex'));
      if (given().includes(asked)) return true;
      const answer = await vscode.window.showWarningMessage(
        `Run the login program that ${vscode.workspace.asRelativePath(ref.file)} names?`,
        {
          modal: true,
          detail: `This kubeconfig is inside the workspace, and its context ${ref.name} runs:\n\n${exec.command}\n\nAny change of the file asks again.`,
        },
        ALLOW,
      );
      if (answer === ALLOW) await memory.update(KEY, [...given(), asked]);
      return answer === ALLOW;
    },
  };
}

function entry(file: string, sha256: string): string {
  return `${sha256} ${file}`;
}

import * as vscode from 'vscode';
import type { ConsentDialog } from './execConsent';

const ALLOW = 'Allow';

/** Modal: nothing else goes on while a program waits for its answer. */
export const consentDialog: ConsentDialog = {
  async confirm(message, detail) {
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, ALLOW);
    return answer === ALLOW;
  },
  place: (file) => vscode.workspace.asRelativePath(file),
};

import type { Uri } from 'vscode';
import type { Log } from '../model/ports';
import type { Workbench } from '../model/workbench';
import type { Previews } from '../host/documents';
import type { ExecConsent } from '../host/execConsent';
import type { EditorSettings } from '../host/settings';
import type { Target } from '../host/targets';
import type { Tokens } from '../host/tokens';
import type { ChangesView } from '../views/changes/changes';
import type { ClustersView } from '../views/clusters/clusters';
import type { ProblemsView } from '../views/impact/diagnostics';

/** What commands work with. */
export interface CommandContext {
  readonly workbench: () => Promise<Workbench>;
  readonly changes: Pick<ChangesView, 'files'>;
  readonly problems: Pick<ProblemsView, 'showAll'>;
  readonly previews: Previews;
  readonly tokens: Tokens;
  readonly log: Log;
  readonly showLog: () => void;
  readonly tree: Pick<ClustersView, 'shape' | 'reshape'>;
  /** Lets rows move to where they belong. */
  readonly reorder: () => void;
  readonly editorSettings: () => EditorSettings;
  readonly protectedClusters: () => readonly string[];
  readonly consent: Pick<ExecConsent, 'ask'>;
  /** Keys of apps that commands were run for, latest first. */
  readonly recentApps: string[];
}

export interface CommandArgument {
  readonly target?: Target;
  /** Of a file, a diff side or a rendered document. */
  readonly uri?: Uri;
}

/** Without an argument, as from the palette, a command asks what it is about. */
export type Command = (context: CommandContext, argument: CommandArgument) => Promise<void>;

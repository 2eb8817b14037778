import type { App } from '../model/app';
import { appLabel } from '../model/app';
import type { AppState, WorkspaceState } from '../model/appState';
import { appsReading } from '../host/places';

export interface Suggestion {
  readonly group: 'file' | 'recent' | 'all';
  readonly app: App;
  readonly label: string;
  readonly description: string;
}

export interface SuggestionsInput {
  readonly state: WorkspaceState;
  /** Absolute path of the active file. */
  readonly activeFile: string | undefined;
  readonly recent: readonly string[];
  readonly accepts: (state: AppState) => boolean;
}

/** Apps to choose from: those of the active file, then the most recent, then all by name. */
export function suggestApps(input: SuggestionsInput): readonly Suggestion[] {
  const accepted = input.state.apps.filter(input.accepts);
  const ofFile =
    input.activeFile === undefined
      ? []
      : appsReading(input.state, input.activeFile).filter((state) => accepted.includes(state));
  const recent = input.recent.flatMap(
    (key) => accepted.find(({ app }) => app.key === key && !isIn(ofFile, key)) ?? [],
  );
  const rest = accepted
    .filter(({ app }) => !isIn(ofFile, app.key) && !isIn(recent, app.key))
    .sort((a, b) => appLabel(a.app).localeCompare(appLabel(b.app)));
  return [
    ...ofFile.map(({ app }) => suggestion('file', app)),
    ...recent.map(({ app }) => suggestion('recent', app)),
    ...rest.map(({ app }) => suggestion('all', app)),
  ];
}

function isIn(states: readonly AppState[], key: string): boolean {
  return states.some(({ app }) => app.key === key);
}

function suggestion(group: Suggestion['group'], app: App): Suggestion {
  return {
    group,
    app,
    label: appLabel(app),
    description: `${app.kind} · ${app.destinationCluster ?? 'no cluster'}`,
  };
}

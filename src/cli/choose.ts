import { UserError } from '../base/userError';
import { appLabel } from '../model/app';
import type { AppState } from '../model/appState';
import type { CoreWorkbench } from '../pipeline/workbench';

/** How one app is named unmistakably: label and, where that is not enough, where it is. */
export function describe({ app }: AppState): string {
  const place = app.definedIn?.path ?? (app.source.kind === 'local' ? app.source.render.path : '');
  const cluster = app.controlCluster === undefined ? '' : ` on ${app.controlCluster}`;
  return `${app.kind} ${appLabel(app)}${cluster} (${place === '' ? '.' : place})`;
}

function matches({ app }: AppState, name: string): boolean {
  return app.key === name || appLabel(app) === name || app.name === name;
}

/** Exact keys and labels win over bare names. */
export function findApps(workbench: CoreWorkbench, name: string): readonly AppState[] {
  const { apps } = workbench.state();
  const exact = apps.filter(({ app }) => app.key === name || appLabel(app) === name);
  return exact.length > 0 ? exact : apps.filter((state) => matches(state, name));
}

/** The one app of that name; an ambiguous or unknown name is the user's to mend. */
export function chooseApp(workbench: CoreWorkbench, name: string): AppState {
  const found = findApps(workbench, name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length === 0) throw new UserError(`There is no app ${name} here.`);
  const candidates = found.map((state) => `  ${describe(state)}\n    ${state.app.key}`);
  throw new UserError(`${name} can be several apps:\n${candidates.join('\n')}`);
}

export function chooseApps(
  workbench: CoreWorkbench,
  names: readonly string[],
): readonly AppState[] {
  if (names.length === 0) return workbench.state().apps;
  return names.map((name) => chooseApp(workbench, name));
}

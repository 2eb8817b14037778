import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import { provideDocuments } from '../host/documents';
import { localEvents } from '../host/localEvents';
import { demoteOtherTemplates } from '../host/helmLanguage';
import type { SettingsReader } from '../host/session';
import type { Target } from '../host/targets';
import type { WorkbenchSource } from '../host/workbenchSource';
import type { ChangesView } from './changes/changes';
import { createChangesView } from './changes/changes';
import type { ClustersView, ShapeMemory } from './clusters/clusters';
import { createClustersView } from './clusters/clusters';
import type { ProblemsView } from './impact/diagnostics';
import { showProblems } from './impact/diagnostics';
import { markLines } from './impact/gutter';
import { provideFetchAction } from './impact/fetchAction';
import { provideHover } from './impact/hover';
import { provideLens } from './impact/lens';
import { showFileStatus } from './impact/status';
import { noteFields } from './live/notes';
import { provideRowMarks } from './marks';
import { provideOrigins } from './origin/hover';
import { createRepositoryView } from './repository/repository';

export interface Features extends Disposable {
  readonly clusters: ClustersView;
  readonly changes: ChangesView;
  readonly problems: ProblemsView;
}

export interface FeatureOptions {
  readonly memory: ShapeMemory;
  readonly onExpand: (target: Target) => void;
}

/** Everything that is seen: the three views, and what the editor shows in and around a file. */
export function createFeatures(
  source: WorkbenchSource,
  settings: SettingsReader,
  { memory, onExpand }: FeatureOptions,
): Features {
  const owned = createDisposables();
  const clusters = owned.add(createClustersView(source, memory, onExpand));
  const local = localEvents(source);
  const changes = owned.add(createChangesView(local));
  const repository = owned.add(createRepositoryView(local));
  const problems = owned.add(showProblems(local, () => settings.editor().problemsScope));
  const whileTyping = (): boolean => settings.editor().whileTyping;
  const mayFetch = (): boolean => settings.core().fetchMode !== 'never';
  const lens = owned.add(
    provideLens({
      source: local,
      whileTyping,
      mayFetch,
      isEnabled: () => settings.editor().codeLens,
    }),
  );
  owned.add(provideFetchAction({ source, isAllowed: mayFetch }));
  const gutter = owned.add(
    markLines({ source: local, whileTyping, isEnabled: () => settings.editor().gutterMarks }),
  );
  owned.add(provideHover(source));
  owned.add(provideOrigins(source));
  owned.add(noteFields(source));
  owned.add(showFileStatus(local));
  owned.add(provideRowMarks());
  owned.add(provideDocuments(source));
  owned.add(demoteOtherTemplates(() => settings.editor().detectHelm));
  owned.add(source.onDidChange(() => clusters.refresh()));
  owned.add(local.onDidChange(() => [changes, repository].forEach((view) => view.refresh())));
  owned.add(settings.onDidChange(() => [lens, gutter, problems].forEach((part) => part.refresh())));
  return { clusters, changes, problems, dispose: () => owned.dispose() };
}

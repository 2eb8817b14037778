import type { App } from '../../model/app';
import { recordAt, textAt } from '../../model/fields';

/** What an app is grouped and found by besides its own fields. */
export interface AppFacts {
  /** Of Argo CD. */
  readonly project?: string;
  /** As its labels, its annotations or CODEOWNERS name them; empty where none does. */
  readonly teams: readonly string[];
}

/** Read once for a definition. */
export function factsOf(app: App): AppFacts {
  const known = facts.get(app);
  if (known !== undefined) return known;
  const object = app.definition ?? app.reported;
  const project = app.tool === 'argocd' ? textAt(object, 'spec', 'project') : undefined;
  const team =
    teamIn(recordAt(object, 'metadata', 'labels')) ??
    teamIn(recordAt(object, 'metadata', 'annotations'));
  const made: AppFacts = {
    ...(project !== undefined && { project }),
    teams: team === undefined ? (app.owners ?? []) : [team],
  };
  facts.set(app, made);
  return made;
}

const facts = new WeakMap<App, AppFacts>();

/** Keys of which the part behind the slash is one of these: `team`, `example.com/owner`. */
const TEAM_KEYS = ['team', 'owner', 'squad', 'owned-by'];

function teamIn(values: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const entries = Object.entries(values ?? {});
  return TEAM_KEYS.flatMap((wanted) =>
    entries.flatMap(([key, value]) =>
      key.slice(key.indexOf('/') + 1) === wanted && typeof value === 'string' && value !== ''
        ? [value]
        : [],
    ),
  )[0];
}

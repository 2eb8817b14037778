import { UserError } from '../base/userError';
import { openAll } from '../host/open';
import { fileNameOf } from '../host/places';
import { changeDiff } from '../views/changes/present';
import { impactWords } from '../views/impact/present';
import type { Command } from './command';
import { activeFile } from './picks';

/** All objects that the edits of a file change, as diffs. */
export const showImpact: Command = async (context, argument) => {
  const path = activeFile(argument);
  if (path === undefined) throw new UserError('Open a file of a GitOps repository first.');
  const impact = (await context.workbench()).impactOf(path);
  if (impact === undefined) throw new UserError(`No app reads ${fileNameOf(path)}.`);
  const diffs = impact.apps.flatMap(({ app, changes }) =>
    changes.map((change) => changeDiff(change, app)),
  );
  if (diffs.length === 0) throw new UserError(`${fileNameOf(path)}: ${impactWords(impact)}`);
  await openAll(`${fileNameOf(path)}: ${impactWords(impact)}`, diffs);
};

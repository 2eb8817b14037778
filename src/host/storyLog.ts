import type { Disposable } from '../base/dispose';
import type { Log } from '../model/ports';
import { storyOf } from './story';
import type { WorkbenchSource } from './workbenchSource';

/** Writes what happens into the log as it happens. */
export function logStory(source: WorkbenchSource, log: Log): Disposable {
  const seen = { state: source.state() };
  return source.onDidChange(() => {
    const now = source.state();
    for (const line of storyOf(seen.state, now)) log.info(line);
    seen.state = now;
  });
}

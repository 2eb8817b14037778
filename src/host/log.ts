import type { LogOutputChannel } from 'vscode';
import type { Log } from '../model/ports';

/** The core's log, written to the channel that *Show Log* opens. */
export function channelLog(channel: LogOutputChannel): Log {
  return {
    debug: (message) => channel.debug(message),
    info: (message) => channel.info(message),
    warn: (message) => channel.warn(message),
    error: (message) => channel.error(message),
  };
}

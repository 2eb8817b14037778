import type { Command } from './command';

export const showLog: Command = (context) => {
  context.showLog();
  return Promise.resolve();
};

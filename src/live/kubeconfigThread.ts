import type { Thread } from '../base/thread';
import type { ParsedText, ParseText } from './clientNode';

export interface TextMessage {
  readonly id: number;
  readonly text: string;
}

export interface ParsedMessage {
  readonly id: number;
  readonly result: ParsedText;
}

export interface ThreadParserOptions {
  /** Called on first use, and again after the thread has gone. */
  readonly start: () => Thread<TextMessage, ParsedMessage>;
  /** A thread with nothing to do for this long is ended: the library in it takes tens of megabytes. */
  readonly idleMs: number;
  /** A thread that answers nothing for this long is ended, and what it was asked with it. */
  readonly timeLimitMs: number;
}

interface Running {
  readonly thread: Thread<TextMessage, ParsedMessage>;
  readonly waiting: Map<number, (result: ParsedText) => void>;
  timer?: NodeJS.Timeout;
}

/** Parses kubeconfigs in another thread: the library takes longer to load than this one may be held. */
export function createThreadParser(options: ThreadParserOptions): ParseText {
  const state: { running: Running | undefined; nextId: number } = { running: undefined, nextId: 1 };

  const connect = (): Running => {
    const thread = options.start();
    const running: Running = { thread, waiting: new Map() };
    thread.onMessage(({ id, result }) => {
      running.waiting.get(id)?.(result);
      running.waiting.delete(id);
      watch(running, options);
    });
    thread.onExit((reason) => {
      clearTimeout(running.timer);
      if (state.running === running) state.running = undefined;
      for (const answer of running.waiting.values()) answer({ kind: 'broken', reason });
      running.waiting.clear();
    });
    return running;
  };

  return (text) =>
    new Promise((resolve) => {
      const running = (state.running ??= connect());
      const id = state.nextId++;
      running.waiting.set(id, resolve);
      running.thread.post({ id, text });
      watch(running, options);
    });
}

/** Also what keeps a process alive while it waits for the thread, and only then. */
function watch(running: Running, { idleMs, timeLimitMs }: ThreadParserOptions): void {
  clearTimeout(running.timer);
  const isIdle = running.waiting.size === 0;
  running.timer = setTimeout(() => running.thread.terminate(), isIdle ? idleMs : timeLimitMs);
  if (isIdle) running.timer.unref();
}

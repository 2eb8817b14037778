/** Another thread, as the one that started it sees it. */
export interface Thread<To, From> {
  post(message: To): void;
  onMessage(listener: (message: From) => void): void;
  /** Called once when the thread is gone, also after `terminate`; `reason` is for the log. */
  onExit(listener: (reason: string) => void): void;
  terminate(): void;
}

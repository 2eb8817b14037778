/** Work that is done by then shows no notification at all. */
const QUIET_MS = 500;
/** The editor keeps a notification of progress for 800 ms, however soon it is over. */
const SHOWN_MS = 1_000;

/** Shows that `until` is awaited; `stop` is for the person who does not want to wait. */
export type ShowProgress = (until: Promise<void>, stop: () => void) => PromiseLike<void>;

/** Work before a question: whatever showed its progress is gone when it resolves. */
export async function prepare<T>(
  work: (signal: AbortSignal) => Promise<T>,
  show: ShowProgress,
): Promise<T> {
  const controller = new AbortController();
  const running = work(controller.signal);
  const over = running.then(
    () => undefined,
    () => undefined,
  );
  const isQuick = await Promise.race([over.then(() => true), delay(QUIET_MS).then(() => false)]);
  if (!isQuick) await Promise.all([show(over, () => controller.abort()), delay(SHOWN_MS)]);
  return await running;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

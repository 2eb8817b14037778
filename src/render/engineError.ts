/** A request of the engine that failed for no reason in its input: the process stopped or panicked. */
export class EngineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EngineError';
  }
}

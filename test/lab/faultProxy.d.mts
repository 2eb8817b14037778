/**
 * Stands in front of one API server with that server's own certificate, so that a client needs only
 * another port.
 */
export class FaultProxy {
  /** @param {{ server: string, caFile: string }} cluster @returns {Promise<FaultProxy>} */
  static inFrontOf(cluster: { server: string; caFile: string }): Promise<FaultProxy>;
  /** @param {{ target: string, cert: Buffer, key: Buffer }} options */
  constructor({ target, cert, key }: { target: string; cert: Buffer; key: Buffer });
  /** @type {Fault[]} */
  faults: Fault[];
  /** Every request so far. @type {Seen[]} */
  seen: Seen[];
  /** Address to use in place of the API server's. */
  get server(): string;
  /** Resets every connection, as a network that goes away does. */
  drop(): void;
  close(): Promise<void>;
  #private;
}
/**
 * What goes wrong with a request. The first fault of the list that matches decides; none matching
 * means the request passes.
 */
export type Fault = {
  method?: string | undefined;
  /**
   * against path and query
   */
  path?: RegExp | undefined;
  /**
   * how often it happens, always when absent
   */
  times?: number | undefined;
  /**
   * added before the request goes on (or is answered with `status`)
   */
  delayMs?: number | undefined;
  /**
   * answered by the proxy itself, as the API server words it
   */
  status?: number | undefined;
  message?: string | undefined;
  /**
   * of an answer with `status`, e.g. `retry-after`
   */
  headers?: Record<string, string> | undefined;
  /**
   * `half`: the connection ends in the middle of the
   * body; `reset`: it ends before any answer; `stall`: nothing ever comes
   */
  cut?: 'half' | 'reset' | 'stall' | undefined;
  /**
   * of an answer that goes on: what happens to it after `passed`
   */
  stream?: StreamFault | undefined;
  /**
   * bytes of it that pass before, none when absent
   */
  passed?: number | undefined;
};
/**
 * `cut`: the connection is reset, wherever that is in a line; `half`: half of what comes next, then
 * an orderly end; `garbage`: a line that is no JSON; `expired`, `error`: an ERROR event with code 410 or
 * 500; `silent`: nothing more comes, and nothing ends; `bytes`: all of it comes, one byte at a time.
 */
export type StreamFault = 'cut' | 'half' | 'garbage' | 'expired' | 'error' | 'silent' | 'bytes';
export type Seen = {
  method: string;
  path: string;
  status: number | undefined;
  ms: number;
};

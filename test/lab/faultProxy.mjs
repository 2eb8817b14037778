import { readFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:https';
import { dirname, join } from 'node:path';

/**
 * What goes wrong with a request. The first fault of the list that matches decides; none matching
 * means the request passes.
 *
 * @typedef {object} Fault
 * @property {string} [method]
 * @property {RegExp} [path]   against path and query
 * @property {number} [times]  how often it happens, always when absent
 * @property {number} [delayMs]  added before the request goes on (or is answered with `status`)
 * @property {number} [status]  answered by the proxy itself, as the API server words it
 * @property {string} [message]
 * @property {Record<string, string>} [headers]  of an answer with `status`, e.g. `retry-after`
 * @property {'half' | 'reset' | 'stall'} [cut]  `half`: the connection ends in the middle of the
 *   body; `reset`: it ends before any answer; `stall`: nothing ever comes
 * @property {StreamFault} [stream]  of an answer that goes on: what happens to it after `passed`
 * @property {number} [passed]  bytes of it that pass before, none when absent
 */

/**
 * `cut`: the connection is reset, wherever that is in a line; `half`: half of what comes next, then
 * an orderly end; `garbage`: a line that is no JSON; `expired`, `error`: an ERROR event with code 410 or
 * 500; `silent`: nothing more comes, and nothing ends; `bytes`: all of it comes, one byte at a time.
 *
 * @typedef {'cut' | 'half' | 'garbage' | 'expired' | 'error' | 'silent' | 'bytes'} StreamFault
 */

/** @typedef {{ method: string, path: string, status: number | undefined, ms: number }} Seen */

const REASONS = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
]);

/**
 * Stands in front of one API server with that server's own certificate, so that a client needs only
 * another port.
 */
export class FaultProxy {
  /** @type {Fault[]} */
  faults = [];
  /** Every request so far. @type {Seen[]} */
  seen = [];
  #target;
  #agent;
  #server;
  /** @type {Set<import('node:stream').Duplex>} */
  #sockets = new Set();
  #own;

  /** @param {{ target: string, cert: Buffer, key: Buffer }} options */
  constructor({ target, cert, key }) {
    this.#own = { cert, key };
    this.#target = new URL(target);
    this.#agent = new Agent({ ca: cert, keepAlive: true });
    this.#server = createServer({ cert, key }, (incoming, outgoing) => {
      void this.#handle(incoming, outgoing);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param {{ server: string, caFile: string }} cluster @returns {Promise<FaultProxy>} */
  static async inFrontOf(cluster) {
    const [cert, key] = await Promise.all([
      readFile(cluster.caFile),
      readFile(join(dirname(cluster.caFile), 'apiserver.key')),
    ]);
    const proxy = new FaultProxy({ target: cluster.server, cert, key });
    await new Promise((done) => proxy.#server.listen(0, '127.0.0.1', () => done(undefined)));
    return proxy;
  }

  /** Address to use in place of the API server's. */
  get server() {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy is closed');
    return `https://127.0.0.1:${address.port}`;
  }

  /**
   * Shows another certificate from now on; without one, that of the API server again.
   * @param {{ cert: string | Buffer, key: string | Buffer }} [certificate]
   */
  certify(certificate = this.#own) {
    this.#server.setSecureContext(certificate);
    this.drop();
  }

  /** Resets every connection, as a network that goes away does. */
  drop() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  /**
   * @param {import('node:http').IncomingMessage} incoming
   * @param {import('node:http').ServerResponse} outgoing
   */
  async #handle(incoming, outgoing) {
    const started = Date.now();
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    outgoing.on('close', () => {
      const status = outgoing.headersSent ? outgoing.statusCode : undefined;
      this.seen.push({ method, path, status, ms: Date.now() - started });
    });
    const fault = this.#take(method, path);
    if (fault?.delayMs !== undefined) await this.#delay(fault.delayMs);
    if (fault?.cut === 'stall') return;
    if (fault?.cut === 'reset') incoming.socket.destroy();
    else if (fault?.status !== undefined) answer(outgoing, fault, fault.status);
    else this.#forward(incoming, outgoing, fault);
  }

  /** @param {string} method @param {string} path @returns {Fault | undefined} */
  #take(method, path) {
    const index = this.faults.findIndex(
      (fault) =>
        fault.times !== 0 &&
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || fault.path.test(path)),
    );
    const fault = this.faults[index];
    if (fault?.times !== undefined) this.faults[index] = { ...fault, times: fault.times - 1 };
    return fault;
  }

  /** @param {number} ms */
  #delay(ms) {
    return new Promise((done) => setTimeout(done, ms));
  }

  /**
   * @param {import('node:http').IncomingMessage} incoming
   * @param {import('node:http').ServerResponse} outgoing @param {Fault | undefined} fault
   */
  #forward(incoming, outgoing, fault) {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = incoming;
    const call = request(
      { hostname, port, method, path, headers, agent: this.#agent },
      (response) => {
        if (fault?.cut === 'half') return cutInHalf(response, outgoing);
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        // A watch on which nothing has happened yet is open all the same.
        outgoing.flushHeaders();
        if (fault?.stream !== undefined) spoil(response, outgoing, fault);
        else response.pipe(outgoing);
        return undefined;
      },
    );
    call.on('error', () => outgoing.destroy());
    outgoing.on('close', () => call.destroy());
    incoming.pipe(call);
  }
}

/**
 * @param {import('node:http').ServerResponse} outgoing @param {Fault} fault @param {number} code
 */
function answer(outgoing, { message, headers }, code) {
  const reason = REASONS.get(code) ?? 'Unknown';
  outgoing.writeHead(code, { 'content-type': 'application/json', ...headers });
  outgoing.end(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: message ?? reason,
      reason,
      code,
    }),
  );
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @param {import('node:http').ServerResponse} outgoing
 */
function cutInHalf(response, outgoing) {
  /** @type {Buffer[]} */
  const chunks = [];
  response.on('data', (chunk) => chunks.push(chunk));
  response.on('end', () => {
    const body = Buffer.concat(chunks);
    const { 'transfer-encoding': _chunked, ...headers } = response.headers;
    const length = { 'content-length': String(body.length) };
    outgoing.writeHead(response.statusCode ?? 502, { ...headers, ...length });
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.destroy());
  });
}

/** @param {number} code @param {string} reason */
function errorEvent(code, reason) {
  const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason };
  return `${JSON.stringify({ type: 'ERROR', object: { ...object, message: reason } })}\n`;
}

/** @type {Partial<Record<StreamFault, (outgoing: import('node:http').ServerResponse, next: Buffer) => void>>} */
const ENDS = {
  cut: (outgoing, next) =>
    outgoing.write(next.subarray(0, Math.ceil(next.length / 2)), () => outgoing.destroy()),
  half: (outgoing, next) => outgoing.end(next.subarray(0, Math.ceil(next.length / 2))),
  garbage: (outgoing) => outgoing.end('<html>not what was asked for</html>\n'),
  expired: (outgoing) => outgoing.end(errorEvent(410, 'Expired')),
  error: (outgoing) => outgoing.end(errorEvent(500, 'InternalError')),
};

/**
 * @param {import('node:http').IncomingMessage} response
 * @param {import('node:http').ServerResponse} outgoing @param {Fault} fault
 */
function spoil(response, outgoing, { stream, passed = 0 }) {
  let left = passed;
  const end = stream === undefined ? undefined : ENDS[stream];
  response.on('data', (/** @type {Buffer} */ chunk) => {
    if (stream === 'bytes') {
      for (const byte of chunk) outgoing.write(Buffer.of(byte));
      return;
    }
    if (left >= chunk.length) {
      left -= chunk.length;
      outgoing.write(chunk);
      return;
    }
    // Lines that had come whole stay whole.
    const whole = chunk.subarray(0, chunk.lastIndexOf(10, left) + 1);
    if (whole.length > 0) outgoing.write(whole);
    left = 0;
    if (end === undefined) return;
    response.removeAllListeners('data');
    response.resume();
    end(outgoing, chunk.subarray(whole.length));
  });
  response.on('end', () => {
    if (stream !== 'silent') outgoing.end();
  });
}

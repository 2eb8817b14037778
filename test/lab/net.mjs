import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;

/**
 * Where ports are taken from: below what systems hand out by themselves, so that no connection and
 * no server on "any port" can take one between now and the moment its own server listens.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
/** Handed out by this process already: its server may not listen yet. @type {Set<number>} */
const handedOut = new Set();

/**
 * Free loopback ports, all different, and different from all that were asked for before.
 *
 * @param {number} count @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  /** @type {number[]} */
  const ports = [];
  while (ports.length < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Asks until the answer is not undefined or false.
 *
 * @template T
 * @param {string} what named in the error when time runs out
 * @param {() => Promise<T | undefined | false>} ask a thrown error counts as "not yet"
 * @param {{ timeoutMs?: number, pollMs?: number, signal?: AbortSignal }} [options]
 * @returns {Promise<T>}
 */
export async function waitFor(what, ask, { timeoutMs = 120_000, pollMs = POLL_MS, signal } = {}) {
  const deadline = Date.now() + timeoutMs;
  let last = 'no answer';
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}: ${last}`);
    // The reason of the signal says more than the error of the interrupted sleep.
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** @param {number} port @returns {Promise<boolean>} whether something listens on loopback */
export function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

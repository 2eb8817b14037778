import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';

/** @typedef {{ status: number, body: any }} Answer */

/**
 * A few direct calls to one API server, for waiting and for reading state back. What tests prove
 * is done by the real command-line tools and controllers.
 */
export class KubeApi {
  #agent;

  /** @param {{ server: string, ca: string | Buffer, token: string }} options */
  constructor({ server, ca, token }) {
    this.server = server;
    this.token = token;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 4 });
  }

  /** @param {{ server: string, caFile: string, adminToken: string }} cluster */
  static async forCluster(cluster) {
    const ca = await readFile(cluster.caFile);
    return new KubeApi({ server: cluster.server, ca, token: cluster.adminToken });
  }

  close() {
    this.#agent.destroy();
  }

  /** @param {string} path @returns {Promise<any>} the object, or undefined when it is not there */
  async get(path) {
    const { status, body } = await this.send('GET', path);
    if (status === 404) return undefined;
    if (status >= 400) throw new Error(`GET ${path}: ${status} ${body?.message ?? ''}`);
    return body;
  }

  /** @param {string} path @returns {Promise<any[]>} */
  async list(path) {
    return (await this.get(path))?.items ?? [];
  }

  /** @param {string} path @param {unknown} object a missing one is created */
  async apply(path, object) {
    const query = 'fieldManager=lab&force=true';
    return this.#expectOk('PATCH', `${path}?${query}`, object, 'application/apply-patch+yaml');
  }

  /** @param {string} path @param {unknown} patch */
  async mergePatch(path, patch) {
    return this.#expectOk('PATCH', path, patch, 'application/merge-patch+json');
  }

  /** @param {string} path */
  async delete(path) {
    return this.#expectOk('DELETE', path);
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @param {string} [type] */
  async #expectOk(method, path, body, type) {
    const answer = await this.send(method, path, body, type);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body?.message ?? ''}`);
  }

  /**
   * @param {string} method @param {string} path @param {unknown} [body] @param {string} [type]
   * @returns {Promise<Answer>}
   */
  send(method, path, body, type = 'application/json') {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { authorization: `Bearer ${this.token}`, accept: 'application/json' };
    if (text !== undefined) Object.assign(headers, { 'content-type': type });
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.server);
      const call = request(url, { method, headers, agent: this.#agent }, (response) => {
        collect(response, resolve, reject);
      });
      call.on('error', reject);
      call.setTimeout(20_000, () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.end(text);
    });
  }
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @param {(answer: Answer) => void} resolve @param {(error: Error) => void} reject
 */
function collect(response, resolve, reject) {
  /** @type {Buffer[]} */
  const chunks = [];
  response.on('data', (chunk) => chunks.push(chunk));
  response.on('error', reject);
  response.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    const isJson = (response.headers['content-type'] ?? '').includes('json');
    resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
  });
}

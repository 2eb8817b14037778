/** @typedef {{ status: number, body: any }} Answer */
/**
 * A few direct calls to one API server, for waiting and for reading state back. What tests prove
 * is done by the real command-line tools and controllers.
 */
export class KubeApi {
  /** @param {{ server: string, caFile: string, adminToken: string }} cluster */
  static forCluster(cluster: {
    server: string;
    caFile: string;
    adminToken: string;
  }): Promise<KubeApi>;
  /** @param {{ server: string, ca: string | Buffer, token: string }} options */
  constructor({ server, ca, token }: { server: string; ca: string | Buffer; token: string });
  server: string;
  token: string;
  close(): void;
  /** @param {string} path @returns {Promise<any>} the object, or undefined when it is not there */
  get(path: string): Promise<any>;
  /** @param {string} path @returns {Promise<any[]>} */
  list(path: string): Promise<any[]>;
  /** @param {string} path @param {unknown} object a missing one is created */
  apply(path: string, object: unknown): Promise<any>;
  /** @param {string} path @param {unknown} patch */
  mergePatch(path: string, patch: unknown): Promise<any>;
  /** @param {string} path */
  delete(path: string): Promise<any>;
  /**
   * @param {string} method @param {string} path @param {unknown} [body] @param {string} [type]
   * @returns {Promise<Answer>}
   */
  send(method: string, path: string, body?: unknown, type?: string): Promise<Answer>;
  #private;
}
export type Answer = {
  status: number;
  body: any;
};

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusters } from '../../../src/live/clusters';
import type { ConnectionState } from '../../../src/model/appState';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { silent } from '../render/engine';
import type { TempFolder, TestServer } from '../live/testServer';
import { failure, json, startServer, tempFolder } from '../live/testServer';
import { memoryWorkbench } from './memoryWorkbench';

const never = new AbortController().signal;
const COUNT = 12;
const names = Array.from({ length: COUNT }, (_, index) => `cluster-${index}`);

/** A login program that writes down each start, and logs in once there is a file `session`. */
const PROGRAM = `#!/bin/sh
here=$(dirname "$0")
echo start >> "$here/starts"
if [ ! -f "$here/session" ]; then echo "the session has ended" >&2; exit 1; fi
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"good"}}'
`;

describe.skipIf(process.platform === 'win32')('signing in', () => {
  const held: { folder?: TempFolder; server?: TestServer; workbench?: CoreWorkbench } = {};
  const folder = (): TempFolder => held.folder as TempFolder;
  const workbench = (): CoreWorkbench => held.workbench as CoreWorkbench;
  const starts = async (): Promise<number> =>
    (await readFile(join(folder().path, 'starts'), 'utf8').catch(() => '')).split('\n').length - 1;
  const connections = (): readonly ConnectionState[] =>
    names.flatMap(
      (name) =>
        workbench()
          .state()
          .clusters.find((one) => one.name === name)?.connection ?? [],
    );

  beforeEach(async () => {
    held.folder = await tempFolder();
    held.server = await startServer(({ headers, path }, response) => {
      if (headers.authorization !== 'Bearer good')
        return json(response, 401, failure(401, 'Unauthorized', 'Unauthorized'));
      if (path.endsWith('/version')) return json(response, 200, { gitVersion: 'v1.36.3' });
      return json(response, 200, { kind: 'APIGroupDiscoveryList', items: [] });
    });
    await folder().write('login', PROGRAM, 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './login',
      interactiveMode: 'IfAvailable',
    };
    const url = held.server.url;
    const file = await folder().write(
      'config',
      JSON.stringify({
        users: [{ name: 'me', user: { exec } }],
        clusters: names.map((name) => ({ name, cluster: { server: `${url}/${name}` } })),
        contexts: names.map((name) => ({ name, context: { cluster: name, user: 'me' } })),
      }),
    );
    held.workbench = memoryWorkbench({
      trusted: true,
      settings: {
        kubeconfigs: [file],
        contexts: Object.fromEntries(names.map((name) => [name, { file, name }])),
      },
      clusters: (request) =>
        createClusters({ ...request, environment: {}, log: silent, allowExec: () => false }),
    });
    workbench().setFolders([]);
    await workbench().whenIdle();
  });
  afterEach(async () => {
    workbench().dispose();
    await held.server?.close();
    await folder().remove();
  });

  it('takes one start of the program for twelve clusters, and one more when somebody signs in', async () => {
    await Promise.all(names.map((name) => workbench().openCluster(name, never)));
    expect(await starts()).toBe(1);
    expect(connections()).toHaveLength(COUNT);
    for (const connection of connections()) {
      expect(connection).toEqual({
        kind: 'failed',
        cause: 'unauthorised',
        message: 'The login plugin "./login" failed: the session has ended.',
        canSignIn: true,
      });
    }
    // Expanding another row right after it does not open the browser again.
    await workbench().openCluster('cluster-3', never);
    expect(await starts()).toBe(1);

    await folder().write('session', '');
    await workbench().signIn('cluster-7', never);
    expect(await starts()).toBe(2);
    expect(connections().map(({ kind }) => kind)).toEqual(names.map(() => 'connected'));
  });

  it('says why it did not work, and leaves the others as they were', async () => {
    await workbench().openCluster('cluster-1', never);
    await workbench().signIn('cluster-0', never);
    expect(await starts()).toBe(2);
    expect(
      connections()
        .map(({ kind }) => kind)
        .slice(0, 3),
    ).toEqual(['failed', 'failed', 'idle']);
  });

  it('can be given up', async () => {
    await folder().write(
      'login',
      '#!/bin/sh\necho start >> "$(dirname "$0")/starts"\nsleep 60\n',
      0o755,
    );
    const giveUp = new AbortController();
    const signingIn = workbench().signIn('cluster-0', giveUp.signal);
    for (let turn = 0; turn < 500 && (await starts()) === 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    giveUp.abort();
    await signingIn;
    expect(connections()[0]).toMatchObject({ kind: 'failed', canSignIn: true });
  });
});

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { RenderedObject } from '../../../src/model/render';
import type { KubeObject } from '../../../src/model/resource';
import type { Schemas } from '../../../src/validate/schemas';
import { createSchemas } from '../../../src/validate/schemas';

const FOLDER = join(import.meta.dirname, '../../../schemas');

/** The committed schemas, as the product reads them. */
export async function readCommittedBundle(): Promise<Uint8Array> {
  const name = (await readdir(FOLDER)).find((file) => file.endsWith('.json.br'));
  return brotliDecompressSync(await readFile(join(FOLDER, name ?? '')));
}

export function committedSchemas(): Schemas {
  return createSchemas({ bundle: readCommittedBundle });
}

/** An object as if it had been rendered from `app.yaml`. */
export function rendered(object: unknown, more: Partial<RenderedObject> = {}): RenderedObject {
  return {
    object: object as KubeObject,
    origin: { path: 'app.yaml', line: 1 },
    role: 'resource',
    generated: [],
    ...more,
  };
}

export function deployment(spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] },
      },
      ...spec,
    },
  };
}

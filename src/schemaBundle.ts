import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

/** The bundled schemas in a folder, uncompressed, as `createSchemas` wants them. */
export async function readSchemaBundle(folder: string): Promise<Uint8Array> {
  const names = await readdir(folder);
  const name = names.find((one) => one.startsWith('kubernetes-') && one.endsWith('.json.br'));
  if (name === undefined) throw new Error('The bundled schemas are not there.');
  return await promisify(brotliDecompress)(await readFile(join(folder, name)));
}

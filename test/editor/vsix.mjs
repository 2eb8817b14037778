import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';

const open = promisify(yauzl.open);

/**
 * Unpacks the extension's own files of a package, with their run bits.
 *
 * @param {string} file @param {string} folder
 * @returns {Promise<string>} the folder that holds package.json
 */
export async function unpackVsix(file, folder) {
  const zip = await open(file, { lazyEntries: true, autoClose: true });
  const read = promisify(zip.openReadStream.bind(zip));
  const over = new Promise((resolve, reject) => {
    zip.on('end', resolve);
    zip.on('error', reject);
  });
  zip.on('entry', (entry) => {
    unpackEntry(entry, folder, read).then(
      () => zip.readEntry(),
      (error) => zip.emit('error', error),
    );
  });
  zip.readEntry();
  await over;
  return join(folder, 'extension');
}

async function unpackEntry(entry, folder, read) {
  if (!entry.fileName.startsWith('extension/') || entry.fileName.endsWith('/')) return;
  const target = join(folder, entry.fileName);
  await mkdir(dirname(target), { recursive: true });
  await pipeline(await read(entry), createWriteStream(target));
  const mode = entry.externalFileAttributes >>> 16;
  if ((mode & 0o100) !== 0) await chmod(target, 0o755);
}

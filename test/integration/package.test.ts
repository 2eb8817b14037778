import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { open } from 'yauzl';

const vsix = process.env['PLUMBLINE_VSIX'];

function entriesOf(file: string): Promise<ReadonlyMap<string, { size: number; mode: number }>> {
  return new Promise((resolve, reject) => {
    open(file, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      const entries = new Map<string, { size: number; mode: number }>();
      zip.on(
        'entry',
        (entry: { fileName: string; uncompressedSize: number; externalFileAttributes: number }) => {
          entries.set(entry.fileName, {
            size: entry.uncompressedSize,
            mode: entry.externalFileAttributes >>> 16,
          });
          zip.readEntry();
        },
      );
      zip.on('end', () => resolve(entries));
      zip.on('error', reject);
      zip.readEntry();
    });
  });
}

/** Everything the package may hold; a file that fits none of these does not belong in it. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package(\.nls)?\.json$/,
  /^extension\/(readme|changelog)\.md$/i,
  /^extension\/LICENSE(\.txt)?$/,
  /^extension\/dist\/(extension|core|core[A-Z][A-Za-z0-9]+|cli|worker|kubeconfig)\.js$/,
  /^extension\/dist\/vendor\/[A-Za-z]+\.js$/,
  /^extension\/dist\/schemas\/[\w.-]+\.(br|json)$/,
  /^extension\/dist\/engine\/[a-z0-9]+-(x64|arm64)\/plumbline-engine(\.exe)?$/,
  /^extension\/media\/[\w-]+\.(png|svg)$/,
  /^extension\/syntaxes\/[\w.-]+\.json$/,
];

describe.skipIf(vsix === undefined)('the package of this platform (PLUMBLINE_VSIX)', () => {
  const file = vsix ?? '';

  it('holds only what is meant to be shipped', async () => {
    const names = [...(await entriesOf(file)).keys()];
    expect(names.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  it('holds every part that the extension loads at run time', async () => {
    const names = [...(await entriesOf(file)).keys()];
    const parts = [
      'dist/extension.js',
      'dist/core.js',
      'dist/coreRepository.js',
      'dist/coreComparison.js',
      'dist/coreAdapters.js',
      'dist/coreLooks.js',
      'dist/cli.js',
      'dist/worker.js',
      'dist/kubeconfig.js',
      'dist/vendor/kubernetes.js',
      'syntaxes/helm.tmLanguage.json',
    ];
    expect(parts.filter((part) => !names.includes(`extension/${part}`))).toEqual([]);
  });

  it('holds one engine, which may be run', async () => {
    const entries = [...(await entriesOf(file))].filter(([name]) => name.includes('/engine/'));
    expect(entries).toHaveLength(1);
    expect((entries[0]?.[1].mode ?? 0) & 0o111).not.toBe(0);
  });

  it('is smaller than 25 MB, its entry smaller than 300 KB', async () => {
    expect(statSync(file).size).toBeLessThan(25 * 1024 * 1024);
    const entry = (await entriesOf(file)).get('extension/dist/extension.js');
    expect(entry?.size).toBeLessThan(300 * 1024);
  });
});

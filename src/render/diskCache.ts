import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPacer } from '../base/pacer';
import type { Pacer, Steps } from '../base/pacer';
import { messageOf } from '../base/userError';
import type { Log } from '../model/ports';
import { hasValues } from '../model/withheld';
import type { KnownObject, KnownResult } from '../model/withheld';
import type { InputList } from './protocol';
import { makeSalt, readSalt } from './salt';
import type { Salted } from './salt';
import { trimFolder } from './trimFolder';

/** Renders on disk, shared by all processes of this user; nothing of it is ever an error. */
export interface DiskCache {
  /** What is kept of a request, newest first. */
  open(key: string): Promise<readonly KeptRender[]>;
  /** Keeps a result some time later. */
  put(key: string, render: NewRender): void;
  /** By the salt of the folder; `undefined` where it has none, or with `make`, where it can have none. */
  salted(make: boolean): Promise<Salted | undefined>;
  /** Resolves when everything is on disk. */
  written(): Promise<void>;
}

/** A render by the state of its inputs. */
export interface RenderHead extends InputList {
  readonly digest: string;
}

export interface KeptRender {
  readonly head: RenderHead;
  /** Values of Secrets are not in it. */
  readonly withheld: boolean;
  /** `undefined` where the file is damaged. */
  read(): Promise<StoredResult | undefined>;
}

/** What is kept of a result; its inputs are told by the head. */
export type StoredResult = Omit<KnownResult, 'inputs' | 'inputsDigest' | 'cacheInputs'>;

export interface NewRender {
  readonly head: RenderHead;
  /** Or the steps that make it; `undefined` for what cannot be kept after all. */
  readonly result: StoredResult | Steps<StoredResult | undefined>;
}

export interface DiskCacheOptions {
  /** Absolute; made when it is first needed. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly log: Log;
}

/** Grows when what is written changes its form. */
const FORMAT = 3;
/** Of one request: the branches that somebody goes back and forth between. */
export const MAX_RENDERS = 3;
/** Beside everything else that the thread does. */
const SLICE_MS = 4;

interface Head {
  readonly format: number;
  readonly renders: readonly (RenderHead & Omit<Stored, 'body'> & { readonly bytes: number })[];
}

interface Held {
  readonly options: DiskCacheOptions;
  readonly pacer: Pacer;
  readonly waiting: Map<string, NewRender | 'used'>;
  readonly folders: Set<string>;
  running: Promise<void> | undefined;
  wrote: boolean;
  trimmed: boolean;
  broken: boolean;
  salt: Promise<Salted | undefined> | undefined;
}

export function createDiskCache(options: DiskCacheOptions): DiskCache {
  const held: Held = {
    options,
    pacer: createPacer(SLICE_MS),
    waiting: new Map(),
    folders: new Set(),
    running: undefined,
    wrote: false,
    trimmed: false,
    broken: false,
    salt: undefined,
  };
  return {
    async open(key) {
      const kept = parts(await contentOf(held, key));
      return kept.map(({ body, sha256, withheld = false, ...head }) => ({
        head,
        withheld,
        async read() {
          const result = await resultOf(held, body, sha256);
          if (result !== undefined) later(held, key, 'used');
          return result;
        },
      }));
    },
    put: (key, render) => later(held, key, render),
    salted: (make) => saltOf(held, make),
    async written() {
      while (held.running !== undefined) await held.running;
    },
  };
}

async function saltOf(held: Held, make: boolean): Promise<Salted | undefined> {
  const known = await held.salt;
  if (known !== undefined || held.broken) return known;
  const { folder } = held.options;
  held.salt = make ? makeSalt(folder).catch(giveUp(held)) : readSalt(folder);
  return await held.salt;
}

/** A full or read-only disk: everything works without. */
function giveUp(held: Held): (error: unknown) => undefined {
  return (error) => {
    held.broken = true;
    held.waiting.clear();
    held.options.log.debug(`renders are not kept: ${messageOf(error)}`);
    return undefined;
  };
}

function fileOf({ options }: Held, key: string): string {
  return join(options.folder, key.slice(0, 2), key);
}

async function contentOf(held: Held, key: string): Promise<Buffer | undefined> {
  try {
    return await readFile(fileOf(held, key));
  } catch {
    // Most often it is not there; whatever else it is, the render is made anew.
    return undefined;
  }
}

interface Stored {
  readonly body: Buffer;
  readonly sha256: string;
  readonly withheld?: boolean;
}

type Part = RenderHead & Stored;

/** A file is a line that tells what it holds, and then the results one after the other. */
function parts(content: Buffer | undefined): readonly Part[] {
  const end = content?.indexOf(0x0a) ?? -1;
  const head = content === undefined ? undefined : headOf(content.subarray(0, end).toString());
  if (content === undefined || head === undefined) return [];
  const found: Part[] = [];
  let at = end + 1;
  for (const { bytes, ...part } of head.renders) {
    found.push({ ...part, body: content.subarray(at, at + bytes) });
    at += bytes;
  }
  return at === content.length ? found : [];
}

function headOf(text: string): Head | undefined {
  try {
    const head = JSON.parse(text) as Partial<Head> | null;
    return head?.format === FORMAT && Array.isArray(head.renders) ? (head as Head) : undefined;
  } catch {
    return undefined;
  }
}

/** A result is a line without objects, and a line for each object, so that no line is long to read. */
async function resultOf(
  { pacer }: Held,
  body: Buffer,
  sha256: string,
): Promise<StoredResult | undefined> {
  if (digestOf(body) !== sha256) return undefined;
  const [first, ...lines] = body.toString().split('\n');
  const objects: KnownObject[] = [];
  for (const line of lines) {
    await pacer.pause();
    objects.push(JSON.parse(line) as KnownObject);
  }
  return { ...(JSON.parse(first ?? '') as Omit<StoredResult, 'objects'>), objects };
}

async function bodyOf({ pacer }: Held, { objects, ...rest }: StoredResult): Promise<Buffer> {
  const lines = [JSON.stringify(rest)];
  for (const object of objects) {
    await pacer.pause();
    lines.push(JSON.stringify(object));
  }
  return Buffer.from(lines.join('\n'));
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function later(held: Held, key: string, what: NewRender | 'used'): void {
  if (held.broken || (what === 'used' && held.waiting.has(key))) return;
  held.waiting.set(key, what);
  held.running ??= work(held);
}

/** One file at a time, so that neither the disk nor the thread notices. */
async function work(held: Held): Promise<void> {
  try {
    while (held.waiting.size > 0) {
      await writeWaiting(held);
      await trimOnce(held);
    }
  } catch (error) {
    giveUp(held)(error);
  }
  // Whatever comes from now on finds nobody at work.
  held.running = undefined;
}

async function writeWaiting(held: Held): Promise<void> {
  for (const [key, what] of held.waiting) {
    held.waiting.delete(key);
    await held.pacer.pause();
    if (what === 'used') await touch(fileOf(held, key));
    else await write(held, key, what);
  }
}

async function trimOnce(held: Held): Promise<void> {
  const { options, wrote, trimmed } = held;
  if (!wrote || trimmed) return;
  held.trimmed = true;
  await trimFolder(options.folder, options.maxBytes);
}

/** What was used lately goes last; false where another process took it away. */
async function touch(file: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(file, now, now);
    return true;
  } catch {
    return false;
  }
}

async function write(held: Held, key: string, { head, result: given }: NewRender): Promise<void> {
  const result = 'next' in given ? await held.pacer.run(given) : given;
  if (result === undefined) return;
  const before = parts(await contentOf(held, key));
  const body = await bodyOf(held, result);
  const others = before.filter((part) => part.digest !== head.digest).slice(0, MAX_RENDERS - 1);
  const withheld = result.objects.every(hasValues) ? {} : { withheld: true };
  const all: readonly Part[] = [{ ...head, ...withheld, body, sha256: digestOf(body) }, ...others];
  const renders = all.map(({ body: { length }, ...part }) => ({ ...part, bytes: length }));
  const first: Head = { format: FORMAT, renders };
  const start = Buffer.from(`${JSON.stringify(first)}\n`);
  await replace(held, fileOf(held, key), Buffer.concat([start, ...all.map((part) => part.body)]));
  held.wrote = true;
}

/** Whoever reads it meanwhile has the old file or the new one, and never a part. */
async function replace(held: Held, file: string, content: Buffer): Promise<void> {
  const folder = dirname(file);
  if (!held.folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
  held.folders.add(folder);
  const temporary = `${file}.${process.pid}`;
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

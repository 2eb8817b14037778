/**
 * Builds the lab's tools ahead of time: `node build/tools.mjs [name…]`, all of them by default.
 * Prints one line a tool, then their paths as JSON.
 */
import { ensureAssets, ensureTools } from '../test/lab/build.mjs';
import { ASSETS, TOOLS } from '../test/lab/parts.mjs';

const log = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(TOOLS);

const tools = await ensureTools(names, { log });
const assets = asked.length > 0 ? {} : await ensureAssets(Object.keys(ASSETS), { log });
process.stdout.write(`${JSON.stringify({ tools, assets }, null, 2)}\n`);

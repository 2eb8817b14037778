import { UserError } from '../base/userError';
import type { Arguments } from './command';
import { text } from './command';

/** The output format asked for; the first one is the default. */
export function formatOf<T extends string>(args: Arguments, formats: readonly [T, ...T[]]): T {
  const asked = text(args, 'output');
  if (asked === undefined) return formats[0];
  const found = formats.find((format) => format === asked);
  if (found === undefined) {
    throw new UserError(`There is no output format ${asked}; choose ${formats.join(', ')}.`);
  }
  return found;
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const MOST_NAMED = 3;

/** The first names of a list that may be long. */
export function firstNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Columns padded to their widest cell; the last one is left as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

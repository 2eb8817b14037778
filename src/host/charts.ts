import { dirname } from 'node:path';

/** Whether a folder or one above it, up to `top`, holds a chart. */
export function isBelowChart(
  folder: string,
  top: string | undefined,
  hasChart: (folder: string) => boolean,
): boolean {
  if (hasChart(folder)) return true;
  const above = dirname(folder);
  if (folder === top || above === folder) return false;
  return isBelowChart(above, top, hasChart);
}

import type { YamlTree } from '../yaml/tree';
import { isKnown, mountedAt, plainText } from './ciText';
import { scalarAt, wordAt } from './ciTree';

const CHECKOUT_ACTION = /^actions\/checkout(@|$)/;

/** What stands in an expression or a name for the repository of the workflow itself. */
const OWN = /^\s*\$\{\{\s*github\.repository\s*\}\}\s*$/;

/**
 * The folder in which the steps of a job start, seen from the repository: the repository itself, or
 * one that has it below `path` of `actions/checkout`, or that has it nowhere, where only others are
 * checked out. Without any checkout it is the repository: an action can do it too.
 */
export function workspaceOf(steps: readonly YamlTree[], fill: (text: string) => string): string {
  const checkouts = steps.filter((step) => CHECKOUT_ACTION.test(wordAt(step, 'uses') ?? ''));
  if (checkouts.length === 0) return '';
  const paths = checkouts.filter(isOwn).map((step) => folderOf(step, fill));
  if (paths.includes('')) return '';
  const [path] = paths;
  return mountedAt(path !== undefined && isKnown(path) ? path : undefined);
}

function isOwn(step: YamlTree): boolean {
  const repository = scalarAt(step, 'with', 'repository')?.text ?? '';
  return repository === '' || OWN.test(repository);
}

function folderOf(step: YamlTree, fill: (text: string) => string): string {
  const written = fill(plainText(scalarAt(step, 'with', 'path')?.text ?? ''));
  return written
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

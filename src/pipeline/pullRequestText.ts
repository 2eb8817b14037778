import type { AppState } from '../model/appState';
import { appLabel } from '../model/app';
import { countChanges } from '../model/change';
import type { ResourceChange } from '../model/change';
import type { KubeObject } from '../model/resource';
import { unifiedDiff } from '../diff/text';
import { printYaml } from '../yaml/print';

/** Forges refuse longer texts (GitHub: 65,536 characters). */
const BODY_LIMIT = 60_000;
const BRANCH_LIMIT = 100;

export interface AppChanges {
  readonly app: AppState['app'];
  readonly changes: readonly ResourceChange[];
}

/** `Change shop/web and 1 more app (3 objects)`; names come from files, so only plain characters stay. */
export function proposeTitle(apps: readonly AppChanges[], paths: readonly string[]): string {
  const [first] = apps;
  if (first === undefined) return `Change ${countOf(paths.length, 'file')}`;
  const more = apps.length > 1 ? ` and ${countOf(apps.length - 1, 'more app')}` : '';
  const objects = apps.reduce((sum, app) => sum + app.changes.length, 0);
  return `Change ${plain(appLabel(first.app))}${more} (${countOf(objects, 'object')})`;
}

/** Lower-case letters, digits and dashes; no longer than a forge and a file system take. */
export function proposeBranch(title: string, taken: (branch: string) => boolean): string {
  const slug = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const base = `plumbline/${slug === '' ? 'change' : slug}`.slice(0, BRANCH_LIMIT - 4);
  const names = [base, ...Array.from({ length: 98 }, (_, index) => `${base}-${index + 2}`)];
  return names.find((name) => !taken(name)) ?? `${base}-99`;
}

export interface BodyInput {
  readonly apps: readonly AppChanges[];
  readonly paths: readonly string[];
  readonly against: string;
  /** Local commits whose changes to the files are among those shown. */
  readonly ridesAlong: readonly string[];
}

/** What the change does to the rendered objects, masked; cut at a whole object, and saying so. */
export function composeBody({ apps, paths, against, ridesAlong }: BodyInput): string {
  const head = [
    `Rendered difference to ${code(against)}, computed by Plumbline.`,
    '',
    '| app | added | changed | removed |',
    '| --- | ---: | ---: | ---: |',
    ...apps.map(summaryRow),
    '',
    'Files:',
    ...paths.map((path) => `- ${code(path)}`),
    '',
    ...ridesAlongSection(ridesAlong),
  ].join('\n');
  const sections = apps.flatMap(({ app, changes }) => [
    `### ${code(appLabel(app))}\n`,
    ...changes.map(objectSection),
  ]);
  return withinLimit(head, sections);
}

function ridesAlongSection(commits: readonly string[]): readonly string[] {
  if (commits.length === 0) return [];
  const title = 'Local commits whose changes in these files ride along:';
  return [title, ...commits.map((commit) => `- ${code(commit)}`), ''];
}

function withinLimit(head: string, sections: readonly string[]): string {
  const kept: string[] = [head.slice(0, BODY_LIMIT / 2)];
  const state = { length: kept[0]?.length ?? 0 };
  for (const [index, section] of sections.entries()) {
    if (state.length + section.length > BODY_LIMIT) {
      kept.push(
        `_${sections.length - index} more parts are left out: the text would be too long._`,
      );
      break;
    }
    state.length += section.length + 1;
    kept.push(section);
  }
  return kept.join('\n');
}

function summaryRow({ app, changes }: AppChanges): string {
  const { added, changed, removed } = countChanges(changes);
  return `| ${code(appLabel(app)).replaceAll('|', '\\|')} | ${added} | ${changed} | ${removed} |`;
}

function objectSection({ id, action, before, after, notes }: ResourceChange): string {
  const name = code(`${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`);
  const diff = unifiedDiff({
    before: textOf(before),
    after: textOf(after),
    beforeLabel: 'before',
    afterLabel: 'after',
    context: 3,
  });
  const warnings = notes.map((note) => `> ${plain(note.message)}\n`).join('');
  return `${name} ${action}\n${warnings}\n${fenced(diff)}\n`;
}

function textOf(object: KubeObject | undefined): string {
  return object === undefined ? '' : printYaml(object);
}

/** A fence longer than any run of backticks inside, so that no text can leave it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text.trimEnd()}\n${fence}`;
}

/** Inline code: no mention, no issue reference and no closing keyword works inside it. */
function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, ' ')}\``;
}

function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ./:,()='"-]/gu, ' ');
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

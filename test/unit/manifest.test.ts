import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  COLORS,
  COMMANDS,
  CONTEXT_KEYS,
  DOCUMENT_NAMES,
  LANGUAGES,
  SCHEMES,
  SETTINGS,
  SETTINGS_SECTION,
  VIEWS,
} from '../../src/host/ids';
import { FETCH_MODES } from '../../src/host/settings';
import type { Ability } from '../../src/views/row';
import { readSources } from './project/sources';

interface Contribution {
  readonly command: string;
  readonly title: string;
  readonly category: string;
  readonly icon?: string;
}

interface MenuItem {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly markdownDescription: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
}

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly keywords: readonly string[];
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: string;
      readonly restrictedConfigurations: readonly string[];
    };
  };
  readonly contributes: {
    readonly commands: readonly Contribution[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly viewsContainers: {
      readonly activitybar: readonly { readonly id: string; readonly icon: string }[];
    };
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly contents: string;
      readonly when: string;
    }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly svg: string; readonly altText: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
    readonly colors: readonly {
      readonly id: string;
      readonly defaults: Readonly<Record<string, string>>;
    }[];
    readonly languages: readonly {
      readonly id: string;
      readonly filenamePatterns?: readonly string[];
      readonly configuration: string;
    }[];
    readonly grammars: readonly { readonly path: string; readonly scopeName: string }[];
    readonly resourceLabelFormatters: readonly { readonly scheme: string }[];
  };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const nls = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Readonly<
  Record<string, string>
>;
const { contributes } = manifest;
const commands = contributes.commands.map(({ command }) => command);
const settings = Object.assign(
  {},
  ...contributes.configuration.map(({ properties }) => properties),
) as Readonly<Record<string, Setting>>;
const sources = readSources('src');
const menuItems = Object.values(contributes.menus).flat();

describe('commands', () => {
  it('are in the manifest exactly as in the code', () => {
    expect([...commands].sort()).toEqual(Object.values(COMMANDS).sort());
  });

  it('have a title that stands alone, a category and an icon', () => {
    for (const one of contributes.commands) {
      expect(one.category).toBe('Plumbline');
      expect(resolved(one.title)).toMatch(/^[A-Z][\w ]+…?$/);
      expect(one.icon).toMatch(/^\$\([a-z-]+\)$/);
    }
  });

  it('are named by id in one file only', () => {
    const strays = sources.filter(
      ({ path, text: code }) =>
        path !== 'host/ids.ts' && commands.some((id) => code.includes(`'${id}'`)),
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });

  it('in menus exist, and every inline one is in the context menu too', () => {
    for (const { command } of menuItems) expect(commands).toContain(command);
    const rows = contributes.menus['view/item/context'] ?? [];
    const listed = rows
      .filter(({ group }) => !group?.startsWith('inline'))
      .map(({ command }) => command);
    const inline = rows
      .filter(({ group }) => group?.startsWith('inline'))
      .map(({ command }) => command);
    expect(inline.filter((command) => !listed.includes(command))).toEqual([]);
  });

  it('are all in the palette: each asks what it is about when nothing says so', () => {
    expect(contributes.menus['commandPalette'] ?? []).toEqual([]);
  });

  it('match words that rows really have', () => {
    const known = new Set(abilities());
    const asked = menuItems.flatMap(({ when }) =>
      [...(when ?? '').matchAll(/\\b(can\w+)\\b/g)].map((match) => match[1] ?? ''),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect([...new Set(asked)].filter((word) => !known.has(word as Ability))).toEqual([]);
    expect([...known].filter((word) => !asked.includes(word))).toEqual([]);
  });
});

/** Every ability, checked by the compiler to be complete. */
function abilities(): readonly Ability[] {
  const all: Readonly<Record<Ability, true>> = {
    canConnect: true,
    canRefresh: true,
    canChooseContext: true,
    canAssign: true,
    canCompare: true,
    canDiff: true,
    canShowChange: true,
    canSync: true,
    canReconcile: true,
    canOpenSource: true,
    canRender: true,
    canShowLive: true,
    canPropose: true,
    canFetch: true,
  };
  return Object.keys(all) as readonly Ability[];
}

describe('settings', () => {
  it('are in the manifest exactly as in the code, which reads each', () => {
    const keys = Object.values(SETTINGS).map((key) => `${SETTINGS_SECTION}.${key}`);
    expect(Object.keys(settings).sort()).toEqual(keys.sort());
    const code = sources
      .filter(({ path }) => path !== 'host/ids.ts')
      .map((file) => file.text)
      .join('\n');
    for (const name of Object.keys(SETTINGS)) expect(code).toContain(`SETTINGS.${name}`);
  });

  it('have a description and a default', () => {
    for (const [key, setting] of Object.entries(settings)) {
      expect(resolved(setting.markdownDescription).length, key).toBeGreaterThan(20);
      expect(setting.default, key).toBeDefined();
    }
  });

  it('with a choice of values explain each, and start with one of them', () => {
    const choices = Object.entries(settings).filter(([, setting]) => setting.enum !== undefined);
    expect(choices.length).toBeGreaterThan(1);
    for (const [key, setting] of choices) {
      expect(setting.enumDescriptions, key).toHaveLength(setting.enum?.length ?? 0);
      expect(setting.enum, key).toContain(setting.default);
    }
    expect(settings[`${SETTINGS_SECTION}.${SETTINGS.fetch}`]?.enum).toEqual(FETCH_MODES);
  });

  it('that reach a process, a path or a cluster are ignored in an untrusted workspace', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    const harmless = [
      'whileTyping',
      'codeLens.enabled',
      'gutterMarks.enabled',
      'problems.scope',
      'helm.detectLanguage',
    ];
    const want = Object.values(SETTINGS)
      .filter((key) => !harmless.includes(key))
      .map((key) => `${SETTINGS_SECTION}.${key}`);
    expect([...restrictedConfigurations].sort()).toEqual(want.sort());
  });
});

describe('views', () => {
  it('are those of the code, in one container', () => {
    expect(Object.keys(contributes.views)).toEqual([VIEWS.container]);
    expect(contributes.views[VIEWS.container]?.map(({ id }) => id)).toEqual([
      VIEWS.clusters,
      VIEWS.changes,
      VIEWS.repository,
    ]);
    expect(contributes.viewsContainers.activitybar.map(({ id }) => id)).toEqual([VIEWS.container]);
  });

  it('have welcome texts whose states the code knows', () => {
    const source = sources.find(({ path }) => path === 'host/welcome.ts')?.text ?? '';
    for (const { view, when, contents } of contributes.viewsWelcome) {
      expect(Object.values(VIEWS)).toContain(view);
      expect(resolved(contents)).toMatch(/\.$|\)$/);
      const words = when.replaceAll(/plumbline\.\w+|isWorkspaceTrusted/g, '').matchAll(/\w+/g);
      for (const word of words) {
        expect(source).toContain(`'${word[0]}'`);
      }
    }
  });

  it('use context keys that the code writes', () => {
    const used = [
      ...text.matchAll(
        /plumbline\.(workspace|kubeconfig|comparison|connected|hasChanges|filtered)\b(?!s)/g,
      ),
    ].map((match) => match[0]);
    expect(new Set(used)).toEqual(new Set(Object.values(CONTEXT_KEYS)));
  });
});

describe('the walkthrough', () => {
  const steps = contributes.walkthroughs.flatMap((one) => one.steps);

  it('is one, of few steps, each with a picture in the colours of the theme and words for it', () => {
    expect(contributes.walkthroughs).toHaveLength(1);
    expect(steps.length).toBeLessThanOrEqual(5);
    for (const { media, description } of steps) {
      expect(resolved(media.altText).length).toBeGreaterThan(20);
      expect(resolved(description)).toMatch(/\(command:[\w.]+\)$/);
      const picture = readFileSync(media.svg, 'utf8');
      expect(picture).toContain('var(--vscode-');
      expect(picture).not.toMatch(/#[0-9a-f]{3,8}\b/i);
    }
  });

  it('has steps that end with something that really happens', () => {
    const views = Object.values(VIEWS).map((id) => `onView:${id}`);
    const keys = Object.values(CONTEXT_KEYS).map((id) => `onContext:${id}`);
    const known = [...views, ...keys, ...commands.map((id) => `onCommand:${id}`)];
    for (const { completionEvents } of steps) {
      expect(completionEvents.length).toBeGreaterThan(0);
      expect(completionEvents.filter((event) => !known.includes(event))).toEqual([]);
    }
  });
});

describe('colours', () => {
  it('are those of the code, for every kind of theme', () => {
    expect(contributes.colors.map(({ id }) => id).sort()).toEqual(Object.values(COLORS).sort());
    for (const { defaults } of contributes.colors) {
      expect(Object.keys(defaults).sort()).toEqual([
        'dark',
        'highContrast',
        'highContrastLight',
        'light',
      ]);
    }
  });

  it.each([
    ['dark', '#1F1F1F', 4.5],
    ['light', '#F8F8F8', 4.5],
    ['highContrast', '#000000', 7],
    ['highContrastLight', '#FFFFFF', 7],
  ])('can be read on the side bar of a %s theme', (theme, background, least) => {
    for (const { id, defaults } of contributes.colors) {
      expect(contrast(defaults[theme] ?? '', background), id).toBeGreaterThanOrEqual(least);
    }
  });
});

/** Contrast ratio of WCAG 2.1. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

describe('the rest of the manifest', () => {
  it('names files that are there', () => {
    const paths = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.grammars.map(({ path }) => path),
      ...contributes.languages.map(({ configuration }) => configuration),
    ];
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('has an icon of at least 128 pixels', () => {
    const png = readFileSync(manifest.icon);
    expect(png.readUInt32BE(16)).toBeGreaterThanOrEqual(128);
  });

  it('wakes up for its documents and labels them', () => {
    const documents = [SCHEMES.live, SCHEMES.git, SCHEMES.rendered];
    for (const scheme of documents) {
      expect(manifest.activationEvents).toContain(`onFileSystem:${scheme}`);
      expect(contributes.resourceLabelFormatters.map((one) => one.scheme)).toContain(scheme);
    }
    expect(manifest.activationEvents).not.toContain('*');
  });

  it('gives its documents their language', () => {
    const language = contributes.languages.find(({ id }) => id === LANGUAGES.manifest);
    expect(language?.filenamePatterns).toEqual(DOCUMENT_NAMES);
    expect(contributes.languages.map(({ id }) => id)).toContain(LANGUAGES.helm);
  });

  it('has at most five keywords', () => {
    expect(manifest.keywords.length).toBeLessThanOrEqual(5);
  });

  it('uses every text that is written down, and writes down every text that it uses', () => {
    const used = [...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    expect([...new Set(used)].sort()).toEqual(Object.keys(nls).sort());
  });
});

function resolved(value: string): string {
  const key = /^%(.+)%$/.exec(value)?.[1];
  return key === undefined ? value : (nls[key] ?? '');
}

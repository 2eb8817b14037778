import type { KustomizeBuild } from '../model/render';

export interface KustomizeBuildReading {
  readonly build: KustomizeBuild;
  /** Options that are not followed here, as written. */
  readonly unsupported: readonly string[];
}

/** Options with a value of their own. */
const VALUED: ReadonlySet<string> = new Set([
  '--load-restrictor',
  '--reorder',
  '--env',
  '-e',
  '--mount',
  '--network-name',
  '--helm-command',
  '--helm-api-versions',
  '--helm-kube-version',
  '--output',
  '-o',
]);

/** What changes nothing of the result, or is done in any case. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  '--helm-command',
  '--helm-debug',
  '--as-current-user',
  '--stack-trace',
]);

const ON: ReadonlySet<string> = new Set(['', 'true', '1', 't', 'T', 'TRUE', 'True']);

type Follow = (build: KustomizeBuild, value: string) => KustomizeBuild | undefined;

/** `undefined`: not with this value. */
const FOLLOWED: ReadonlyMap<string, Follow> = new Map<string, Follow>([
  ['--enable-helm', (build, value) => ({ ...build, enableHelm: ON.has(value) })],
  [
    '--load-restrictor',
    (build, value) => {
      if (value === 'LoadRestrictionsNone') return { ...build, loadRestrictions: 'none' };
      return value === 'LoadRestrictionsRootOnly' ? withoutRestrictions(build) : undefined;
    },
  ],
  [
    '--reorder',
    (build, value) =>
      value === 'legacy' || value === 'none' ? { ...build, reorder: value } : undefined,
  ],
]);

function withoutRestrictions({ loadRestrictions: _, ...build }: KustomizeBuild): KustomizeBuild {
  return build;
}

/**
 * `kustomize.buildOptions` as Argo CD hands it to `kustomize build`: split at blanks, nothing is
 * quoted (`util/kustomize`, strings.Fields); the last of equal options wins.
 */
export function kustomizeBuild(options: string): KustomizeBuildReading {
  const unsupported: string[] = [];
  let build: KustomizeBuild = { enableHelm: false };
  for (const { name, value, written } of optionsIn(options)) {
    const next = FOLLOWED.get(name)?.(build, value);
    if (next !== undefined) build = next;
    else if (!WITHOUT_EFFECT.has(name)) unsupported.push(written);
  }
  return { build, unsupported };
}

interface Option {
  readonly name: string;
  readonly value: string;
  readonly written: string;
}

function optionsIn(text: string): readonly Option[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const options: Option[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [name = '', ...rest] = word.split('=');
    const next = rest.length === 0 && VALUED.has(name) ? words.shift() : undefined;
    options.push(
      next === undefined
        ? { name, value: rest.join('='), written: word }
        : { name, value: next, written: `${name} ${next}` },
    );
  }
  return options;
}

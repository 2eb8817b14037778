/** How a program reads its arguments: Go's pflag, as helm, kubectl, kustomize and helmfile use it. */
export interface ArgumentSpec {
  /** Long names of flags that take a value. */
  readonly values: ReadonlySet<string>;
  /** Letter → long name. */
  readonly letters: Readonly<Record<string, string>>;
}

export interface Arguments {
  readonly positional: readonly string[];
  readonly flags: readonly { readonly name: string; readonly value: string }[];
}

const ON = 'true';

/** Flags that are not known to take a value are switches. */
export function readArguments(words: readonly string[], spec: ArgumentSpec): Arguments {
  const positional: string[] = [];
  const flags: { readonly name: string; readonly value: string }[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      positional.push(...words.slice(at + 1));
      break;
    }
    const flag = flagOf(word, spec);
    if (flag === undefined) positional.push(word);
    else if (flag.value !== undefined) flags.push({ name: flag.name, value: flag.value });
    else if (spec.values.has(flag.name))
      flags.push({ name: flag.name, value: words[(at += 1)] ?? '' });
    else flags.push({ name: flag.name, value: ON });
  }
  return { positional, flags };
}

interface Flag {
  readonly name: string;
  readonly value?: string;
}

function flagOf(word: string, spec: ArgumentSpec): Flag | undefined {
  const long = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word);
  if (long === null) return letterFlag(word, spec);
  const [, name = '', value] = long;
  return value === undefined ? { name } : { name, value };
}

/** `-n space`, `-nspace`, `-n=space`. */
function letterFlag(word: string, spec: ArgumentSpec): Flag | undefined {
  const [, letter, rest] = /^-([A-Za-z])(.*)$/s.exec(word) ?? [];
  if (letter === undefined || rest === undefined) return undefined;
  const name = spec.letters[letter] ?? letter;
  if (rest === '') return { name };
  return spec.values.has(name)
    ? { name, value: rest.replace(/^=/, '') }
    : switches(name, rest, spec);
}

/** Of switches in one word, the last may take a value: `-Rf folder`. */
function switches(first: string, rest: string, spec: ArgumentSpec): Flag {
  const last = letterFlag(`-${rest}`, spec);
  return last !== undefined && spec.values.has(last.name) ? last : { name: first };
}

export function lastValue({ flags }: Arguments, ...names: readonly string[]): string | undefined {
  return flags.findLast(({ name }) => names.includes(name))?.value;
}

export function allValues({ flags }: Arguments, ...names: readonly string[]): readonly string[] {
  return flags.filter(({ name }) => names.includes(name)).map(({ value }) => value);
}

/** Values of a flag that takes a list: `-f a,b -f c`. */
export function listValues(args: Arguments, ...names: readonly string[]): readonly string[] {
  return allValues(args, ...names)
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '');
}

export function isOn(args: Arguments, ...names: readonly string[]): boolean {
  const value = lastValue(args, ...names);
  return value !== undefined && value !== 'false';
}

/** Of `helm upgrade` and `kubectl apply --server-side`. */
export function forcesConflicts(args: Arguments): true | undefined {
  return isOn(args, 'force-conflicts') || undefined;
}

/** `--dry-run`, with or without its kind. */
export function isDryRun(args: Arguments): boolean {
  return isOn(args, 'dry-run') && lastValue(args, 'dry-run') !== 'none';
}

function spec(values: string, letters: ArgumentSpec['letters']): ArgumentSpec {
  return { values: new Set(values.split(' ')), letters };
}

export const HELM: ArgumentSpec = spec(
  'namespace kube-context kubeconfig kube-apiserver kube-token kube-as-user kube-as-group ' +
    'kube-ca-file kube-tls-server-name registry-config repository-cache repository-config ' +
    'burst-limit qps values set set-string set-file set-json set-literal version repo username ' +
    'password ca-file cert-file key-file keyring timeout description history-max post-renderer ' +
    'post-renderer-args labels output api-versions kube-version name-template output-dir ' +
    'show-only server-side color content-cache',
  {
    n: 'namespace',
    f: 'values',
    l: 'labels',
    o: 'output',
    a: 'api-versions',
    s: 'show-only',
    i: 'install',
    g: 'generate-name',
  },
);

export const KUBECTL: ArgumentSpec = spec(
  'filename kustomize namespace context cluster kubeconfig server token user as as-group as-uid ' +
    'selector output field-manager timeout grace-period prune-allowlist prune-whitelist ' +
    'request-timeout cache-dir certificate-authority client-certificate client-key ' +
    'tls-server-name profile profile-output template v vmodule password username raw applyset ' +
    'subresource load-restrictor helm-command env param param-file labels',
  {
    f: 'filename',
    k: 'kustomize',
    n: 'namespace',
    s: 'server',
    l: 'selector',
    o: 'output',
    R: 'recursive',
    p: 'param',
  },
);

export const KUSTOMIZE: ArgumentSpec = spec(
  'output load-restrictor reorder helm-command env mount network-name stack-trace ' +
    'helm-api-versions helm-kube-version',
  { o: 'output', e: 'env' },
);

export const HELMFILE: ArgumentSpec = spec(
  'file environment selector state-values-set state-values-file state-values-set-string chart ' +
    'kube-context namespace log-level helm-binary kustomize-binary args values set concurrency ' +
    'context output color kubeconfig',
  { f: 'file', e: 'environment', l: 'selector', n: 'namespace', c: 'chart', b: 'helm-binary' },
);

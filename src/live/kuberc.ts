import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, normalize } from 'node:path';
import { listAt, recordAt, textAt } from '../model/fields';
import type { Log } from '../model/ports';
import type { ParseText } from './clientNode';
import { resolveCommand } from './execPlugin';
import type { Environment } from './loginEnvironment';
import { printable } from './printable';

/** Which login programs the user lets kubectl run (`credentialPluginPolicy`, Kubernetes 1.35). */
export type PluginPolicy =
  | { readonly kind: 'any' }
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly commands: readonly string[] }
  /** client-go refuses to run any, too. */
  | { readonly kind: 'wrong'; readonly problem: string };

export interface PluginPolicies {
  /** Why a program may not be run, in a sentence; `undefined` where it may. */
  refusal(
    plugin: { readonly command: string; readonly program: string },
    environment: Environment,
  ): Promise<string | undefined>;
}

const ANY: PluginPolicy = { kind: 'any' };
const API_VERSION = 'kubectl.config.k8s.io/v1beta1';

/** Reads the file anew for each run of a program: there are few. */
export function createPluginPolicies(parse: ParseText, log: Log): PluginPolicies {
  return {
    async refusal({ command, program }, environment) {
      const place = kubercPlace(environment);
      if (place === undefined) return undefined;
      const policy = await readPolicy(place, parse, log);
      const why = await deniedBy(policy, { command, program, environment });
      if (why === undefined) return undefined;
      const name = printable(basename(command));
      return `The login plugin "${name}" is not allowed by ${printable(place.file)}: ${why}.`;
    },
  };
}

interface Place {
  readonly file: string;
  /** Named by the user: that it cannot be read is an error. */
  readonly isNamed: boolean;
}

/** kubectl `pkg/kuberc`: `KUBERC` names another file or is `off`, `KUBECTL_KUBERC` is its feature gate. */
function kubercPlace(environment: Environment): Place | undefined {
  const { KUBERC: named = '', KUBECTL_KUBERC: gate = '' } = environment;
  if (named === 'off' || gate === 'false') return undefined;
  if (named !== '') return { file: named, isNamed: true };
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
  return { file: join(home, '.kube', 'kuberc'), isNamed: false };
}

async function readPolicy(
  { file, isNamed }: Place,
  parse: ParseText,
  log: Log,
): Promise<PluginPolicy> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) {
    if (!isNamed && text.code === 'ENOENT') return ANY;
    return unusable(isNamed, 'it cannot be read', log);
  }
  if (text.trim() === '') return ANY;
  const preference = await firstPreference(text, parse);
  return preference === undefined
    ? unusable(isNamed, 'it holds no preferences of kubectl', log)
    : policyOf(preference);
}

/** As kubectl: a file that nobody named is passed over where it is no such file. */
function unusable(isNamed: boolean, problem: string, log: Log): PluginPolicy {
  if (isNamed) return { kind: 'wrong', problem };
  log.warn(`kuberc: ${problem}`);
  return ANY;
}

async function firstPreference(text: string, parse: ParseText): Promise<unknown> {
  for (const part of text.split(/^---(?:[ \t].*)?$/m)) {
    if (part.trim() === '') continue;
    const parsed = await parse(part);
    if (parsed.kind !== 'ok') continue;
    const isPreference =
      textAt(parsed.value, 'kind') === 'Preference' &&
      textAt(parsed.value, 'apiVersion') === API_VERSION;
    if (isPreference) return parsed.value;
  }
  return undefined;
}

/** client-go `ValidatePluginPolicy`. */
function policyOf(preference: unknown): PluginPolicy {
  const policy = textAt(preference, 'credentialPluginPolicy') ?? '';
  if (policy === 'Allowlist') return listed(listAt(preference, 'credentialPluginAllowlist'));
  if (!WITHOUT_LIST.includes(policy)) return wrong(`"${printable(policy)}" is no policy`);
  const list = recordAt(preference)?.['credentialPluginAllowlist'] ?? null;
  if (list !== null) return wrong(`it has an allowlist, but its policy is "${policy}"`);
  return policy === 'DenyAll' ? { kind: 'none' } : ANY;
}

const WITHOUT_LIST = ['', 'AllowAll', 'DenyAll'];

/** `name` is the older word for `command`. */
function listed(entries: readonly unknown[]): PluginPolicy {
  const commands = entries.map((one) => textAt(one, 'command') ?? textAt(one, 'name') ?? '');
  if (commands.length === 0) return wrong('its policy is "Allowlist", but the list is empty');
  const broken = commands.find((one) => one === '' || normalize(one) !== one);
  return broken === undefined
    ? { kind: 'some', commands }
    : wrong(`"${printable(broken)}" is no entry of an allowlist`);
}

function wrong(problem: string): PluginPolicy {
  return { kind: 'wrong', problem };
}

interface Plugin {
  readonly command: string;
  readonly program: string;
  readonly environment: Environment;
}

async function deniedBy(policy: PluginPolicy, plugin: Plugin): Promise<string | undefined> {
  switch (policy.kind) {
    case 'any':
      return undefined;
    case 'none':
      return 'its credentialPluginPolicy is DenyAll';
    case 'wrong':
      return policy.problem;
    case 'some':
      return (await isListed(policy.commands, plugin))
        ? undefined
        : 'its credentialPluginAllowlist does not name it';
  }
}

/** client-go `checkAllowlistLocked`: as written, or the same file where the name is found. */
async function isListed(
  commands: readonly string[],
  { command, program, environment }: Plugin,
): Promise<boolean> {
  if (commands.includes(normalize(command)) || commands.includes(program)) return true;
  const alike = commands.filter((one) => basename(one) === basename(program));
  const found = await Promise.all(
    alike.map((one) => resolveCommand(one, join(dirname(program), 'config'), environment)),
  );
  return found.includes(program);
}

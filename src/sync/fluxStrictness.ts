import { listAt, textAt, textsAt } from '../model/fields';
import type { JsonObject } from '../model/resource';

/** What is known of a running kustomize-controller. */
export interface KustomizeController {
  /** As in `v1.9.5`; absent where its image names none. */
  readonly version?: string;
  /** `--feature-gates`, by name. */
  readonly featureGates: Readonly<Record<string, boolean>>;
}

const GATE = 'StrictPostBuildSubstitutions';

/**
 * Whether a variable without a value and without a default fails a Kustomization: a feature gate since
 * 1.3, on by default since 1.9 (kustomize-controller internal/features). Undefined where nobody knows.
 */
export function strictSubstitution(controller: KustomizeController): boolean | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(controller.version ?? '') ?? [];
  const gate = controller.featureGates[GATE];
  if (major === undefined || minor === undefined) return gate;
  const version = Number(major) * 1000 + Number(minor);
  if (version < 1003) return false;
  return gate ?? version >= 1009;
}

/** Whatever registry mirrors the image; the tag may stand before a digest. */
const IMAGE = /(?:^|\/)kustomize-controller(?::(v?\d+\.\d+[\w.-]*))?(?:[:@]|$)/;

/** Reads the Deployment of a kustomize-controller; undefined for any other. */
export function kustomizeControllerOf(deployment: JsonObject): KustomizeController | undefined {
  for (const container of listAt(deployment, 'spec', 'template', 'spec', 'containers')) {
    const found = IMAGE.exec(textAt(container, 'image') ?? '');
    if (found === null) continue;
    return {
      ...(found[1] !== undefined && { version: found[1] }),
      featureGates: gatesOf(textsAt(container, 'args')),
    };
  }
  return undefined;
}

/** `--feature-gates=A=true,B=false`, or the list as an argument of its own; the last word counts. */
function gatesOf(args: readonly string[]): Readonly<Record<string, boolean>> {
  const lists = args.flatMap((argument, index) => {
    if (argument === '--feature-gates') return args[index + 1] ?? [];
    return argument.startsWith('--feature-gates=') ? argument.slice(16) : [];
  });
  const gates = lists.flatMap((list) => list.split(',')).map((gate) => gate.split('='));
  return Object.fromEntries(
    gates.flatMap(([name, value]) =>
      name === undefined || value === undefined
        ? []
        : [[name.trim(), /^(1|t|true)$/i.test(value.trim())]],
    ),
  );
}

import { toPointer } from '../base/pointer';
import type { OriginAnswer, OriginPlace } from '../model/origin';
import { whyNoOrigin } from '../model/origin';
import type { AppState } from '../model/appState';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { ResourceId } from '../model/resource';
import { chooseApp } from './choose';
import type { Command, CommandContext } from './command';
import { OUTPUT_OPTION } from './command';
import { formatOf, json, table } from './formats';
import type { ExitCode } from './io';
import { openWorkspace } from './workspace';

/** `Deployment/web` or, with its namespace, `Deployment/shop/web`, as people write them. */
export function matchesObject(id: ResourceId, given: string): boolean {
  if (resourceKey(id) === given) return true;
  const [kind = '', ...rest] = given.split('/');
  const name = rest.pop();
  const [namespace] = rest;
  return (
    rest.length <= 1 &&
    id.kind.toLowerCase() === kind.toLowerCase() &&
    id.name === name &&
    (namespace === undefined || id.namespace === '' || id.namespace === namespace)
  );
}

/** `/spec/replicas` as it is; `spec.containers[0].image` with keys that hold dots in brackets. */
export function pointerOf(field: string): string {
  if (field === '' || field.startsWith('/')) return field;
  const parts = field.match(/\[[^\]]+\]|[^.[\]]+/g) ?? [];
  return toPointer(parts.map((part) => part.replace(/^\[["']?(.*?)["']?\]$/, '$1')));
}

function objectOf({ working }: AppState, given: string): string | readonly string[] {
  const objects = working.kind === 'rendered' ? working.desired.objects : [];
  const ids = objects.map(({ object }) => resourceIdOf(object));
  const found = ids.filter((id) => matchesObject(id, given));
  const [only] = found;
  return only !== undefined && found.length === 1
    ? resourceKey(only)
    : (found.length > 1 ? found : ids).map(resourceKey);
}

function placeText({ path, line, column }: OriginPlace): string {
  return [path, line, column].filter((part) => part !== undefined).join(':');
}

function write(
  { io }: CommandContext,
  { places, why }: OriginAnswer,
  format: 'text' | 'json',
): ExitCode {
  if (format === 'json') io.out(json(places.map(({ root: _, document: __, ...place }) => place)));
  if (places.length === 0) {
    io.err(whyNoOrigin(why));
    return 1;
  }
  if (format === 'text') {
    io.out(
      table(places.map((place) => [placeText(place), place.kind, place.label, place.value ?? ''])),
    );
  }
  return 0;
}

export const originCommand: Command = {
  name: 'origin',
  summary: 'Name the places of the repository that decide a field of a rendered object',
  usage: 'plumbline origin APP OBJECT FIELD [--root DIR] [-o text|json]',
  help: [
    ['OBJECT', 'Deployment/web, or with its namespace Deployment/shop/web'],
    ['FIELD', 'spec.template.spec.containers[0].image, a list or map, or a JSON pointer'],
    ['-o, --output', 'text (default) or json'],
  ],
  options: OUTPUT_OPTION,
  async run(context) {
    const { io, args } = context;
    const [name, object, field, ...rest] = args.positionals;
    if (name === undefined || object === undefined || field === undefined || rest.length > 0) {
      io.err('Say an APP, one of its objects and a field: origin APP Deployment/web spec.replicas');
      return 2;
    }
    const format = formatOf(args, ['text', 'json']);
    const workbench = await openWorkspace(context);
    const state = chooseApp(workbench, name);
    const resource = objectOf(state, object);
    if (typeof resource !== 'string') {
      const candidates = resource.map((one) => `  ${one}`).join('\n');
      io.err(`${object} is not one object of ${name}; these are there:\n${candidates}`);
      return 2;
    }
    const answer = await workbench.originsOf(state.app.key, resource, pointerOf(field), io.signal);
    return write(context, answer, format);
  },
};

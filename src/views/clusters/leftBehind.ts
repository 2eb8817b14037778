import type { ResourceId } from '../../model/resource';
import { resourceKey } from '../../model/resource';
import type { Claim, Stray } from '../../model/stray';
import { claimKey, claimLabel, countObjects, strayReason } from '../../model/stray';
import { COLORS } from '../../host/ids';
import type { Row } from '../row';
import { tooltipLines } from '../row';
import { dotted, namespaceWords, plural, resourceLabel, sentence } from '../words';

/** Of one cluster: what apps and releases left behind that it does not have any more. */
export function leftBehindRow(cluster: string, strays: readonly Stray[]): Row | undefined {
  if (strays.length === 0) return undefined;
  const id = `cluster/${cluster}/left-behind`;
  const count = countObjects(strays);
  return {
    id,
    label: `Left behind (${count})`,
    description: 'nothing here prunes them',
    icon: { id: 'archive' },
    spoken: sentence(`${plural(count, 'object')} left behind`, 'nothing here prunes them'),
    tooltip: () =>
      tooltipLines(`Left behind in ${cluster}`, [
        'Objects of apps and releases that this cluster does not have: nothing here updates or prunes them.',
        'An app that another cluster controls, and that no open cluster or folder tells of, looks the same.',
        'Looked for when the cluster is read, and when an app comes or goes: among the kinds and in the namespaces of its apps, without Secrets.',
      ]),
    collapsible: 'collapsed',
    last: true,
    children: () => strays.map((stray) => makerRow(stray, { cluster, parentId: id })),
    abilities: [],
  };
}

interface Place {
  readonly cluster: string;
  readonly parentId: string;
}

/** The same row for as long as the same objects are left. */
function makerRow(stray: Stray, place: Place): Row {
  const known = makerRows.get(stray);
  if (known !== undefined) return known;
  const made = makeMakerRow(stray, place);
  makerRows.set(stray, made);
  return made;
}

const makerRows = new WeakMap<Stray, Row>();

function makeMakerRow({ claim, ids }: Stray, { cluster, parentId }: Place): Row {
  const id = `${parentId}/${claimKey(claim)}`;
  const label = claimLabel(claim);
  const objects = plural(ids.length, 'object');
  return {
    id,
    label,
    description: dotted('gone', objects),
    icon: { id: 'circle-slash' },
    spoken: sentence(label, 'gone', `${objects} left behind`, `cluster ${cluster}`),
    tooltip: () => tooltipLines(label, [`${cluster} does not have it.`, `${objects} left behind`]),
    collapsible: 'collapsed',
    children: () => ids.map((object) => objectRow(object, { cluster, parentId: id, claim })),
    abilities: [],
  };
}

function objectRow(
  object: ResourceId,
  { cluster, parentId, claim }: Place & { readonly claim: Claim },
): Row {
  const label = resourceLabel(object);
  const key = resourceKey(object);
  return {
    id: `${parentId}/${key}`,
    label: object.name,
    description: dotted(object.kind, object.namespace),
    icon: { id: 'diff-added', color: COLORS.drift },
    spoken: sentence(label, 'left behind', namespaceWords(object), `cluster ${cluster}`),
    tooltip: () => tooltipLines(label, [dotted(cluster, object.namespace), strayReason(claim)]),
    collapsible: 'none',
    abilities: [],
    open: {
      kind: 'document',
      request: { kind: 'stray', cluster, resource: key },
      title: `${label} (live, ${cluster})`,
    },
  };
}

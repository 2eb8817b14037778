export type Labels = Readonly<Record<string, string>>;

/** One part of a label selector, as a test of labels. */
type Requirement = (labels: Labels) => boolean;

const key = String.raw`([A-Za-z0-9][A-Za-z0-9._/-]*)`;
const value = String.raw`([A-Za-z0-9._-]*)`;
const setBased = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equality = new RegExp(`^${key}\\s*(==|=|!=)\\s*${value}$`);
const existence = new RegExp(`^(!?)\\s*${key}$`);

/**
 * A label selector in Kubernetes' notation: `a=b,c!=d,e in (x, y),f notin (z),g,!h`. `undefined`
 * where it cannot be read; `>` and `<` are not read.
 */
export function parseLabelSelector(text: string): Requirement | undefined {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  if (parts.length === 1 && parts[0] === '') return () => true;
  const requirements: Requirement[] = [];
  for (const part of parts) {
    const requirement = requirementOf(part);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return (labels) => requirements.every((holds) => holds(labels));
}

function requirementOf(part: string): Requirement | undefined {
  const set = setBased.exec(part);
  if (set !== null) return membership(set[1], set[2] === 'in', set[3]);
  const equal = equality.exec(part);
  if (equal !== null) return membership(equal[1], equal[2] !== '!=', equal[3]);
  const exists = existence.exec(part);
  if (exists === null) return undefined;
  const [, not, name = ''] = exists;
  return (labels) => Object.hasOwn(labels, name) !== (not === '!');
}

/** A key that is absent is in no set, so `notin` and `!=` hold for it. */
function membership(name = '', isIn = true, list = ''): Requirement {
  const values = new Set(list.split(',').map((one) => one.trim()));
  return (labels) => {
    const own = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return (own !== undefined && values.has(own)) === isIn;
  };
}

import { unknownText } from './ciText';

/** What a name in an expression stands for; `undefined` where only a run knows it. */
export type LookUp = (name: string) => string | undefined;

/** Of bounded length, so that a file of openings alone takes no time. */
const EXPRESSION = /\$\{\{((?:[^}]|\}(?!\})){0,500})\}\}/g;

/** Fills `${{ … }}` in; what is not known stays as an unknown part. */
export function fillExpressions(text: string, lookUp: LookUp): string {
  if (!text.includes('${{')) return text;
  return text.replace(EXPRESSION, (_, inner: string) => {
    const expression = inner.trim();
    return (
      evaluated(expression, lookUp) ?? unknownText(`\${{ ${expression.replace(/\s+/g, ' ')} }}`)
    );
  });
}

const NAME = /^[A-Za-z_][\w-]*(?:\.[\w-]+|\['[^']*'\])*$/;
const MOST_TERMS = 10;

/** Literals, names, and `a || b` of them; functions and operators are left to the run. */
export function evaluated(expression: string, lookUp: LookUp): string | undefined {
  const terms = expression.split('||').map((term) => term.trim());
  if (terms.length > MOST_TERMS) return undefined;
  for (const term of terms) {
    const value = termValue(term, lookUp);
    if (value === undefined) return undefined;
    if (value !== '' && value !== 'false') return value;
  }
  return '';
}

function termValue(term: string, lookUp: LookUp): string | undefined {
  const literal = /^'((?:[^']|'')*)'$/.exec(term)?.[1];
  if (literal !== undefined) return literal.replaceAll("''", "'");
  if (/^(-?\d+(\.\d+)?|true|false)$/.test(term)) return term;
  if (!NAME.test(term)) return undefined;
  return lookUp(term.replace(/\['([^']*)'\]/g, '.$1'));
}

/** Scripts of PowerShell and of Windows' own shell, as far as their commands look like those of others. */
export function posixScript(text: string, shell: string | undefined): string {
  const name = shell?.split(/\s/)[0] ?? '';
  if (/^(pwsh|powershell)/.test(name)) {
    return text.replace(/`(\r?\n)/g, '\\$1').replace(/\$env:(\w+)/gi, '${$1}');
  }
  return name === 'cmd' ? text.replace(/\^(\r?\n)/g, '\\$1').replace(/%(\w+)%/g, '${$1}') : text;
}

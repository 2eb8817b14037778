import type { Problem } from '../model/problem';

/** `charts/shop/values.yaml:12:3 error unknown-field Deployment shop/web: …`. */
export function locationText(problem: Problem): string {
  const { location, severity, code, message } = problem;
  const place =
    location === undefined
      ? ''
      : `${[location.path, location.line, location.column].filter((part) => part !== undefined).join(':')} `;
  return `${place}${severity} ${code} ${message}`;
}

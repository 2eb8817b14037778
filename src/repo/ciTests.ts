import { fitsPattern } from './ciExpand';
import { isKnown } from './ciText';

/** The answer of a test on texts; files and numbers are not looked at. */
export function answerOf(words: readonly string[]): boolean | undefined {
  const terms = words.at(-1) === ']' ? words.slice(0, -1) : words;
  if (!isKnown(terms.join(''))) return undefined;
  if (terms[0] === '!' && terms.length > 1) return not(answerOf(terms.slice(1)));
  return ANSWERS[terms.length]?.(terms);
}

type Answer = (terms: readonly string[]) => boolean | undefined;

/** By the number of terms. */
const ANSWERS: readonly (Answer | undefined)[] = [
  undefined,
  ([text]) => text !== '',
  ([operator, text]) =>
    operator === '-z' ? text === '' : operator === '-n' ? text !== '' : undefined,
  ([left = '', operator = '', right = '']) => compared(left, operator, right),
];

function compared(left: string, operator: string, right: string): boolean | undefined {
  if (operator === '=' || operator === '==') return fitsPattern(right, left);
  if (operator === '!=') return !fitsPattern(right, left);
  return /^\d{1,9}$/.test(left) && /^\d{1,9}$/.test(right)
    ? NUMERIC[operator]?.(Number(left), Number(right))
    : undefined;
}

const NUMERIC: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '-eq': (left, right) => left === right,
  '-ne': (left, right) => left !== right,
  '-gt': (left, right) => left > right,
  '-ge': (left, right) => left >= right,
  '-lt': (left, right) => left < right,
  '-le': (left, right) => left <= right,
};

/** Unknown stays unknown. */
export function not(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

const MOST_REPETITIONS = 3;

/**
 * A regular expression that must match the whole text, as Flux's selectors are read (fluxcd/pkg
 * ssa/jsondiff/selector.go). `undefined` for one that is broken or that could take longer than its
 * text is worth: the controllers' engine never backtracks, this one does.
 */
export function anchoredPattern(source: string): RegExp | undefined {
  const repetitions = source.match(/[*+{]/g)?.length ?? 0;
  const isSlow = repetitions > MOST_REPETITIONS || /\)[*+{]/.test(source);
  if (isSlow || /\\[1-9k]|\(\?(?!:)/.test(source)) return undefined;
  try {
    return new RegExp(`^(?:${source})$`);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const pathsPerCall = 200;

/** Paths in lists short enough for the arguments of one call. */
export function chunks(paths: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(paths.length / pathsPerCall);
  return Array.from({ length: count }, (_, i) =>
    paths.slice(i * pathsPerCall, (i + 1) * pathsPerCall),
  );
}

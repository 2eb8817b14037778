/** Computes on first use and keeps the result. */
export function lazy<T>(create: () => T): () => T {
  const state: { value?: { readonly it: T } } = {};
  return () => {
    state.value ??= { it: create() };
    return state.value.it;
  };
}

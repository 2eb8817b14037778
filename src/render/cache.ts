/** Keeps the most recently used values up to a total weight. */
export interface Cache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T, weight: number): void;
  clear(): void;
}

export function createCache<T>(maxWeight: number): Cache<T> {
  const entries = new Map<string, { readonly value: T; readonly weight: number }>();
  const state = { weight: 0 };

  const remove = (key: string): void => {
    state.weight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };

  const evict = (): void => {
    for (const key of entries.keys()) {
      if (state.weight <= maxWeight || entries.size === 1) return;
      remove(key);
    }
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      remove(key);
      entries.set(key, { value, weight });
      state.weight += weight;
      evict();
    },
    clear() {
      entries.clear();
      state.weight = 0;
    },
  };
}

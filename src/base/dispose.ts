export interface Disposable {
  dispose(): void;
}

/** Owns what it is given; what arrives after `dispose` is disposed of at once. */
export interface DisposableList extends Disposable {
  /** Returns its argument, so that creation and ownership are one expression. */
  add<T extends Disposable>(item: T): T;
}

export function createDisposables(): DisposableList {
  const items: Disposable[] = [];
  const state = { disposed: false };
  return {
    add(item) {
      if (state.disposed) item.dispose();
      else items.push(item);
      return item;
    },
    dispose() {
      state.disposed = true;
      for (const item of items.splice(0).reverse()) item.dispose();
    },
  };
}

export function toDisposable(dispose: () => void): Disposable {
  return { dispose };
}

import type { KubeObject } from '../model/resource';

type Texts = Readonly<Record<string, string>>;

/** The object with labels and annotations added; its own are overridden. */
export function withMetadata(
  object: KubeObject,
  added: { readonly labels?: Texts; readonly annotations?: Texts },
): KubeObject {
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const field of ['labels', 'annotations'] as const) {
    const texts = added[field];
    if (texts && Object.keys(texts).length > 0) {
      metadata[field] = { ...object.metadata[field], ...texts };
    }
  }
  return { ...object, metadata };
}

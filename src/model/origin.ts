import type { SourceLocation } from './problem';
import type { RenderRequest } from './render';
import type { ResourceId } from './resource';

/** What a place does to a field. */
export type OriginKind =
  | 'node'
  | 'patch'
  | 'generator'
  | 'transformer'
  | 'template'
  | 'value'
  | 'inline-values'
  | 'parameter'
  | 'substitution';

/** One field of one rendered object. An object without a namespace stands in for one in it. */
export interface OriginRequest extends RenderRequest {
  readonly object: ResourceId;
  /** JSON pointer of a scalar. */
  readonly pointer: string;
}

/** A place as the engine names it: in a file, or with `source` in the request's own source. */
export interface SourcePlace {
  readonly path?: string;
  /** JSON pointer in the render source. */
  readonly source?: string;
  /** With `source`, the line within a text of several lines. */
  readonly line?: number;
  readonly column?: number;
  readonly kind: OriginKind;
  readonly label: string;
  readonly direct: boolean;
}

/** A place in the repository that decides a field: with its text changed, the field changes. */
export interface OriginPlace extends SourceLocation {
  readonly root: string;
  readonly kind: OriginKind;
  /** Names files and keys, never a value. */
  readonly label: string;
  /** The field holds the text of the place; else the place only steers it. */
  readonly direct: boolean;
}

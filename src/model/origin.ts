import type { SourceLocation } from './problem';
import type { RenderRequest } from './render';
import type { ResourceId } from './resource';
import type { SourceDocument } from './workbench';

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

/** One field of one object; with a pointer to a list, a map or nothing all that is in it. */
export interface ChangedField {
  readonly object: ResourceId;
  readonly pointer: string;
}

/** Which lines of one file decide fields that an edit of it has changed. */
export interface LinesRequest extends RenderRequest {
  readonly path: string;
  /** First and last line, 1-based. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly fields: readonly ChangedField[];
}

export interface DecidingLine {
  readonly line: number;
  /** How many of the fields change with what stands there. */
  readonly fields: number;
}

/** A place as the engine names it: in a file, or with `source` in the request's own source. */
export interface SourcePlace {
  readonly path?: string;
  /** JSON pointer in the render source. */
  readonly source?: string;
  /** With `source`, the line within a text of several lines. */
  readonly line?: number;
  readonly column?: number;
  /** With `path`, which is a packed chart then: the file in it. */
  readonly member?: string;
  readonly kind: OriginKind;
  readonly label: string;
  readonly direct: boolean;
  /** Without the place there is no object of that name and kind. */
  readonly makes?: boolean;
}

/** A file, or the line of one, that a user can look at. */
export interface OriginFile extends SourceLocation {
  readonly root: string;
  /** In the cache of fetched charts, a packed chart or another repository: nobody's to edit here. */
  readonly readOnly?: boolean;
  /** What shows it, where it is no file to open. */
  readonly document?: SourceDocument;
}

/** A place in the repository that decides a field: with its text changed, the field changes. */
export interface OriginPlace extends OriginFile {
  readonly kind: OriginKind;
  /** Names files and keys, never a value. */
  readonly label: string;
  /** The field holds the text of the place; else the place only steers it. */
  readonly direct: boolean;
  /** What stands there; absent where that is long, or could be secret. */
  readonly value?: string;
  /** Without it, or with another text there, there is no object of that name and kind. */
  readonly makes?: boolean;
}

/** Why no place of the repository decides a field. */
export type NoOrigin =
  /** It is made anew at each render. */
  | 'generated'
  /** It is inside a packed chart of the repository. */
  | 'archive'
  /** The tool itself writes it. */
  | 'written'
  /** Other places name the one that holds it: changed alone, the app cannot be rendered. */
  | 'alone'
  /** The time was over before a place was confirmed. */
  | 'time'
  /** Git has no such field. */
  | 'absent';

/** The places that the engine names. */
export interface SourceAnswer {
  readonly places: readonly SourcePlace[];
  readonly why?: NoOrigin;
}

export interface OriginAnswer {
  /** The deciding one first; of a list or map those of what is in it. */
  readonly places: readonly OriginPlace[];
  /** Where there is none; absent where nothing that was tried changes the field. */
  readonly why?: NoOrigin;
  /** What was asked about, where a line was. */
  readonly field?: { readonly resource: string; readonly pointer: string };
}

const WHY_NOT: Readonly<Record<NoOrigin, string>> = {
  generated: 'It is made anew at each render.',
  archive: 'It is inside a packed chart.',
  written: 'The tool writes it itself; no text of the repository holds it.',
  alone:
    'The place that holds it is named by others: changed alone, the app could not be rendered.',
  time: 'The time was over before a place could be confirmed.',
  absent: 'Git has no such field.',
};

/** One sentence. */
export function whyNoOrigin(why: NoOrigin | undefined): string {
  return why === undefined
    ? 'No place of the repository was confirmed to decide this field.'
    : WHY_NOT[why];
}

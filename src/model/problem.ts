/** Where something stands in a source file; lines and columns are 1-based, paths relative to the root. */
export interface SourceLocation {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

export type Severity = 'error' | 'warning' | 'info';

/** A finding about a source or a rendered object: data for a diagnostic, a row and the command line. */
export interface Problem {
  readonly severity: Severity;
  /** Stable and kebab-case: `yaml-syntax`, `helm-template`, `unknown-field`… */
  readonly code: string;
  /** One sentence, no secrets, no absolute path. */
  readonly message: string;
  readonly location?: SourceLocation;
  /** `resourceKey` of the rendered object that it is about. */
  readonly resource?: string;
  /** JSON pointer of the field that it is about. */
  readonly pointer?: string;
}

import type { parseArgs } from 'node:util';
import type { CoreWorkbench } from '../pipeline/workbench';
import type { Renderer } from '../model/ports';
import type { Settings } from '../model/config';
import type { Fetcher } from '../model/fetch';
import type { Validator } from '../validate/validator';
import type { ExitCode, Io } from './io';

export type OptionSpecs = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

export interface WorkbenchOptions {
  readonly settings: Settings;
  readonly against?: string;
  /** Whether the command tells findings. */
  readonly validates: boolean;
}

/** Makes the core and its parts on first use, and gives them back at the end. */
export interface Tools {
  workbench(options: WorkbenchOptions): CoreWorkbench;
  renderer(settings: Settings): Renderer;
  validator(): Validator;
  fetcher(): Fetcher;
}

export interface CommandContext {
  readonly io: Io;
  readonly args: Arguments;
  readonly tools: Tools;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** Lines of `--help`: option and what it does. */
  readonly help: readonly (readonly [string, string])[];
  readonly options: OptionSpecs;
  readonly run: (context: CommandContext) => Promise<ExitCode>;
}

export function text(args: Arguments, name: string): string | undefined {
  const value = args.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function texts(args: Arguments, name: string): readonly string[] {
  const value = args.values[name];
  return typeof value === 'object' ? value : [];
}

export function flag(args: Arguments, name: string): boolean {
  return args.values[name] === true;
}

/** Options that every command has. */
export const COMMON_OPTIONS: OptionSpecs = {
  help: { type: 'boolean', short: 'h' },
  root: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
};

/** Nothing is fetched without it. */
export const FETCH_OPTION: OptionSpecs = { fetch: { type: 'boolean' } };

export const FETCH_HELP: readonly [string, string] = [
  '--fetch',
  'fetch what is missing or may have moved first, with your Helm, Docker and Git logins',
];

export const OUTPUT_OPTION: OptionSpecs = { output: { type: 'string', short: 'o' } };

import { parseArgs } from 'node:util';
import { isCancellation, messageOf, UserError } from '../base/userError';
import { reconcileCommand, syncCommand } from './act';
import { appsCommand } from './apps';
import type { Arguments, Command, Tools } from './command';
import { COMMON_OPTIONS } from './command';
import { diffCommand } from './diff';
import type { ExitCode, Io } from './io';
import { originCommand } from './origin';
import { prCommand } from './pr';
import { renderCommand } from './render';
import { validateCommand } from './validate';
import { VERSION } from './version';

export const COMMANDS: readonly Command[] = [
  appsCommand,
  renderCommand,
  originCommand,
  diffCommand,
  validateCommand,
  syncCommand,
  reconcileCommand,
  prCommand,
];

/** Runs one command line; whatever goes wrong ends as a sentence on standard error and code 2. */
export async function main(argv: readonly string[], io: Io, tools: Tools): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
    io.out(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') {
    io.out(`${VERSION}\n`);
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    io.err(`There is no command ${name}. plumbline --help lists them.`);
    return 2;
  }
  return await runCommand(command, rest, io, tools);
}

async function runCommand(
  command: Command,
  rest: readonly string[],
  io: Io,
  tools: Tools,
): Promise<ExitCode> {
  try {
    const args = parse(command, rest);
    if (args.values['help'] === true) {
      io.out(commandHelp(command));
      return 0;
    }
    return await command.run({ io, args, tools });
  } catch (error) {
    if (isCancellation(error)) return 2;
    io.err(messageOf(error));
    if (error instanceof UserError && error.detail !== undefined) io.err(error.detail);
    return 2;
  }
}

function parse(command: Command, rest: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...COMMON_OPTIONS, ...command.options },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Arguments['values'], positionals };
  } catch (error) {
    throw new UserError(firstSentence(messageOf(error)), `Usage: ${command.usage}`);
  }
}

/** Node's parser adds advice on positional arguments that start with a dash. */
function firstSentence(text: string): string {
  return `${text.split(/\. |\n/)[0] ?? text}.`.replace(/\.\.$/, '.');
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'plumbline: what a GitOps repository means for each cluster',
    '',
    'Usage: plumbline COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'plumbline COMMAND --help tells the options of one command.',
    'Exit codes: 0 done or nothing found, 1 something differs or was not done, 2 error.',
    '',
  ].join('\n');
}

const COMMON_HELP: Command['help'] = [
  ['--root DIR', 'a folder of the repository (default: the current one)'],
  ['-v, --verbose', 'write the log to standard error'],
];

function commandHelp({ usage, summary, help }: Command): string {
  const rows = [...help, ...COMMON_HELP];
  const width = Math.max(...rows.map(([option]) => option.length));
  const lines = rows.map(([option, what]) => `  ${option.padEnd(width)}  ${what}`);
  return [summary, '', `Usage: ${usage}`, '', ...lines, ''].join('\n');
}

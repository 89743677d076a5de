import { addCommands } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { EXIT } from './exit-codes.ts';
import { formOf } from './options/form.ts';
import { ownVersion } from './own-version.ts';
import { reportFailure } from './report-failure.ts';
import { type ColorChoice, openTerminal, type Terminal } from './terminal/terminal.ts';
import { Command, CommanderError } from './typed-commander.ts';

const EXAMPLES = `
Examples:
  assay run                               the only pipeline here, or that of Assay itself
  assay plan my.yaml --set shots=2        what that would run, and why
  assay run my.yaml --model ./checkpoint  on another model
  assay diff                              the last two runs, item by item

Exit codes:
  0    done; also where runs differ, or where there is nothing to do
  1    the run failed (memory, disk, a bug), a claim that must hold does not, or --fail-on does
  2    a mistake in what was asked, found before the run or in it
  130  stopped by Ctrl-C; 143 by SIGTERM`;

/** Runs the command line; gives the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = openTerminal(colorChoice(argv));
  let exitCode: number = EXIT.ok;
  const program = commandLine(terminal);
  addCommands(program, COMMANDS, terminal, (code) => (exitCode = code));
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, terminal, formOf(argv));
  }
}

function colorChoice(argv: readonly string[]): ColorChoice {
  if (argv.includes('--no-color')) return 'never';
  return argv.includes('--color') ? 'always' : 'auto';
}

function commandLine(terminal: Terminal) {
  return new Command('assay')
    .description('Declarative pipelines for experiments on how a language model reacts to prompts.')
    .option('--color', 'use colours always; NO_COLOR and FORCE_COLOR are honoured')
    .option('--no-color', 'use no colours')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(`${terminal.err.colors.red('error')}${text.replace(/^error/, '')}`),
    })
    .configureHelp({
      // Every command has options: to say so on each line says nothing.
      subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(' '),
    })
    .addHelpText('after', EXAMPLES)
    .exitOverride();
}

function argumentTerm(argument: { readonly required: boolean; name(): string }): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

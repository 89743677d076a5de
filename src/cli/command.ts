import type {
  CommandUnknownOpts,
  InferCommandArguments,
  InferOptions,
  Option,
} from '@commander-js/extra-typings';
import type { Terminal } from './terminal/terminal.ts';

/** An option of any flags and any value. */
type AnyOption = Option<string, unknown, unknown, unknown, boolean, unknown>;

/** The values of options by their names, as their flags, defaults and parsers say. */
type ValuesOf<Options extends readonly unknown[]> = Options extends readonly [infer First, ...infer Others]
  ? First extends Option<
      infer Usage,
      infer Preset,
      infer Default,
      infer Coerced,
      infer Mandatory,
      infer Choices
    >
    ? InferOptions<ValuesOf<Others>, Usage, Default, Coerced, Mandatory, Preset, Choices>
    : never
  : object;

/** One command of the program, its types checked and forgotten. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly AnyOption[];
  /** Told at the end of its help. */
  readonly note?: string;
  readonly subcommands?: readonly Command[];
  readonly run: (terminal: Terminal, values: unknown, args: readonly unknown[]) => Promise<number>;
}

/**
 * A command of the program.
 * @param command `usage` is its name and its arguments: `explain <stage> [run]`. `of` are options of the command that
 *   it is a subcommand of, which it takes too. `run` gives the exit code.
 */
export function command<
  const Usage extends string,
  const Options extends readonly AnyOption[],
  const Inherited extends readonly AnyOption[] = [],
>(
  command: Omit<Command, 'run' | 'options'> & {
    readonly usage: Usage;
    readonly options: Options;
    readonly of?: Inherited;
    readonly run: (
      terminal: Terminal,
      values: ValuesOf<[...Inherited, ...Options]>,
      ...args: InferCommandArguments<Usage>
    ) => Promise<number>;
  },
): Command {
  return {
    ...command,
    // Commander has read both by the very options and arguments that their types are made of.
    run: (terminal, values, args) =>
      command.run(
        terminal,
        values as ValuesOf<[...Inherited, ...Options]>,
        ...(args as InferCommandArguments<Usage>),
      ),
  };
}

/** Lets commander know the commands. Only one of them runs, and `end` is told its exit code. */
export function addCommands(
  program: CommandUnknownOpts,
  commands: readonly Command[],
  terminal: Terminal,
  end: (exitCode: number) => void,
): void {
  for (const { usage, summary, options, note, subcommands = [], run } of commands) {
    const added: CommandUnknownOpts = program.command(usage);
    added.description(summary);
    for (const option of options) added.addOption(option);
    if (note !== undefined) added.addHelpText('after', note);
    added.action(async () => end(await run(terminal, added.optsWithGlobals(), added.processedArgs)));
    addCommands(added, subcommands, terminal, end);
  }
}

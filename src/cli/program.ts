import { type Argument, Command, CommanderError, Option } from 'commander';
import { DEFAULT_RUNS, DEFAULT_STORE } from './options/defaults.ts';
import { EXIT } from './exit-codes.ts';
import { formOf, FORMS } from './options/form.ts';
import { ownVersion } from './own-version.ts';
import { reportFailure } from './report-failure.ts';
import { type ColorChoice, openTerminal, type Terminal } from './terminal/terminal.ts';

/** Every command is a module of its own, loaded when it is asked for: starting must not cost what is not used. */
export type CommandFunction<Options> = (
  terminal: Terminal,
  options: Options,
  ...args: readonly (string | undefined)[]
) => Promise<number>;

/** Runs the command line; gives the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = openTerminal(colorChoice(argv));
  let exitCode: number = EXIT.ok;
  const program = commandLine(terminal, (code) => (exitCode = code));
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

function commandLine(terminal: Terminal, end: (code: number) => void): Command {
  const program = new Command('assay');
  program
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
    .addHelpText(
      'after',
      `
Examples:
  assay run                               the only pipeline here, or that of Assay itself
  assay plan my.yaml --set shots=2        what that would run, and why
  assay run my.yaml --model ./checkpoint  on another model
  assay diff                              the last two runs, item by item`,
    )
    .exitOverride();

  const command = (
    usage: string,
    description: string,
    forms: readonly string[] = ['text', 'json'],
    what = 'form of the output',
  ) => {
    const added = program.command(usage).description(description).allowExcessArguments(false);
    return added.addOption(new Option('--format <form>', what).choices(forms).default('text'));
  };
  /** For what checks files: problems in the forms of what shows them there. */
  const check = (usage: string, description: string) =>
    command(usage, description, FORMS, 'form of the output; github and sarif are for problems alone');
  const runs = (of: Command) => of.option('--runs <dir>', 'folder of the runs', DEFAULT_RUNS);
  const pipeline = (of: Command) =>
    of
      .option('--set <name=value>', 'give a parameter another value; may be repeated', collect, [])
      .option('--model <model>', 'short for --set model=MODEL: a folder, or a Hugging Face id');
  const execution = (of: Command) =>
    runs(pipeline(of))
      .option('--backend <backend>', 'tensorflow-gpu, tensorflow or wasm (default: the best that loads)')
      .option(
        '--memory <size>',
        'memory that may be taken, like 4GB: larger models are streamed from disk (default: what is free)',
      )
      .option('--store <dir>', 'folder of cached results', DEFAULT_STORE);
  const forced = (of: Command) =>
    of.option('--force [stages...]', 'run these stages, or all, though their results are cached');

  forced(execution(check('run [pipeline]', 'run a pipeline; what is cached is not computed again')))
    .option('--expand', EXPAND)
    .option('--keep-going', 'finish what does not depend on a stage that failed')
    .option('--dry-run', 'show what would run and why, and run nothing')
    .addOption(
      new Option(
        '--watch',
        'run again when the pipeline, its data or its stage modules are edited',
      ).conflicts('dryRun'),
    )
    .action(async (file, options) =>
      end(await (await import('./commands/run.ts')).run(terminal, options, file)),
    );
  forced(execution(check('plan [pipeline]', 'show what would run, what is cached, and why')))
    .option('--expand', EXPAND)
    .action(async (file, options) =>
      end(await (await import('./commands/plan.ts')).plan(terminal, options, file)),
    );
  pipeline(check('validate [pipeline]', 'check a pipeline file; all problems at once')).action(
    async (file, options) =>
      end(await (await import('./commands/validate.ts')).validate(terminal, options, file)),
  );
  execution(
    command(
      'explain <stage> [run] [pipeline]',
      'compare every component of a stage key with the last run, with RUN, or of two runs: A..B',
    ),
  ).action(async (stage, run, file, options) =>
    end(await (await import('./commands/explain.ts')).explain(terminal, options, stage, run, file)),
  );
  runs(command('diff [a] [b]', 'compare two runs: latest~1 with latest, A with latest, or A with B'))
    .option(
      '--tolerance <number>',
      'largest difference of two numbers that are the same, absolute or relative',
      '1e-9',
    )
    .option('--all', 'show every row and cell')
    .action(async (a, b, options) =>
      end(await (await import('./commands/diff.ts')).diff(terminal, options, a, b)),
    );
  runs(command('runs', 'list the runs, newest first')).action(async (options) =>
    end(await (await import('./commands/runs.ts')).runs(terminal, options)),
  );
  runs(command('show [run]', 'show the record of a run (default: latest)'))
    .option('--expand', EXPAND)
    .action(async (run, options) =>
      end(await (await import('./commands/show.ts')).show(terminal, options, run)),
    );
  command('stages [kind]', 'list the stage kinds, or document one').action(async (kind, options) =>
    end(await (await import('./commands/stages.ts')).stages(terminal, options, kind)),
  );
  const models = command('models', 'list the models in the Hugging Face cache').action(async (options) =>
    end(await (await import('./commands/models.ts')).models(terminal, options)),
  );
  models
    .command('pull <id>')
    .description('fetch a model from the hub into that cache, or check the one there; prints its folder')
    .action(async (id, _, { parent }: Command) =>
      end(
        await (
          await import('./commands/models.ts')
        ).pull(terminal, { format: parent?.opts().format ?? 'text' }, id),
      ),
    );
  const stored = (of: Command) => of.option('--store <dir>', 'folder of cached results', DEFAULT_STORE);
  const cache = stored(command('cache', 'show what is cached and how large it is')).action(async (options) =>
    end(await (await import('./commands/cache.ts')).cache(terminal, options)),
  );
  cache
    .command('verify')
    .description('compute a sample of the cached scores once more, and compare')
    .option('--sample <percent>', 'how many of them', '5%')
    .action(async ({ sample }, { parent }: Command) => {
      const { format, store } = parent?.opts() ?? {};
      end(await (await import('./commands/cache.ts')).verify(terminal, { format, store, sample }));
    });
  stored(runs(command('gc', 'remove from the store what no run needs')))
    .option(
      '--keep-runs <n>',
      'keep the results of the newest N runs of each folder of runs (default: of all)',
    )
    .option('--delete-runs', 'with --keep-runs: also delete the folders of older runs, in --runs only')
    .option(
      '--max-size <size>',
      'let results go, those used longest ago first, until all are at most this: 2GB',
    )
    .option('--dry-run', 'show what would go, and remove nothing')
    .option('--list', 'name everything that goes')
    .addHelpText('after', GC_HELP)
    .action(async (options) => end(await (await import('./commands/gc.ts')).gc(terminal, options)));
  command('doctor', 'try every backend, measure it, and say what to do about those that do not load').action(
    async (options) => end(await (await import('./commands/doctor.ts')).doctor(terminal, options)),
  );
  program
    .command('schema')
    .description('print the JSON Schema of pipeline files, for editors')
    .option('--write [file]', 'write it to a file (default: schemas/pipeline.schema.json)')
    .action(async (options) => end(await (await import('./commands/schema.ts')).schema(terminal, options)));
  return program;
}

const EXPAND = 'show every instance of a stage with a matrix, not all as one';

const GC_HELP = `
What the kept runs have stays, of every folder of runs that has used the store, and so does what was used in the last ten
minutes: runs may go on meanwhile. Run folders hold copies of their results, and stay unless --delete-runs is given; what
is no longer in the store is computed again when a run needs it.`;

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

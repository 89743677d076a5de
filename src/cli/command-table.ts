import { command } from './command.ts';
import * as option from './options/options.ts';

/** What says which pipeline is meant, and with which values. */
const ofPipeline = [option.problemForm, option.set, option.model, option.trust, option.untrusted] as const;

/** What says with what a pipeline is run, and where its results are. */
const ofExecution = [option.runs, option.backend, option.memory, option.store] as const;

const GC_NOTE = `
What the kept runs have stays, of every folder of runs that has used the store, and so does what was used in the last ten
minutes: runs may go on meanwhile. While one of these folders is not there, as on a disk that is not mounted, all results
stay, until it is back or is forgotten. Run folders hold copies of their results, and stay unless --delete-runs is given;
what is no longer in the store is computed again when a run needs it.`;

const NATIVE_NOTE = `
The package @tensorflow/tfjs-node-gpu comes from npm. Where the download of its installer can be reached, that is run; else the same
addon is compiled against the library in TensorFlow's wheel, which pip fetches (it takes Python with pip, and a C++ compiler). All is
kept in ~/.cache/assay/native ($XDG_CACHE_HOME), where no installation touches it.`;

/**
 * Every command, in the order of the help. Each is a module of its own, loaded when it is asked for: starting must not cost
 * what is not used.
 */
export const COMMANDS = [
  command({
    usage: 'init [folder]',
    summary: 'start a project: a pipeline that runs, questions in a CSV file, .gitignore',
    options: [],
    run: async (...given) => (await import('./commands/keeping/init.ts')).init(...given),
  }),
  command({
    usage: 'run [pipeline]',
    summary: 'run a pipeline; what is cached is not computed again',
    options: [
      ...ofPipeline,
      ...ofExecution,
      option.force,
      option.expand,
      option.keepGoing,
      option.junit,
      option.runName,
      option.runTags,
      option.planOnly,
      option.watch,
    ],
    run: async (...given) => (await import('./commands/run.ts')).run(...given),
  }),
  command({
    usage: 'plan [pipeline]',
    summary: 'show what would run, what is cached, and why',
    options: [...ofPipeline, ...ofExecution, option.force, option.expand],
    run: async (...given) => (await import('./commands/plan.ts')).plan(...given),
  }),
  command({
    usage: 'validate [pipeline]',
    summary: 'check a pipeline file; all problems at once',
    options: ofPipeline,
    run: async (...given) => (await import('./commands/validate.ts')).validate(...given),
  }),
  command({
    usage: 'explain <stage> [run] [pipeline]',
    summary:
      'say why a stage ran or would run: its key beside that of the last run, of RUN, or of two runs, A..B',
    options: [
      option.form,
      option.all,
      option.set,
      option.model,
      option.trust,
      option.untrusted,
      ...ofExecution,
    ],
    run: async (...given) => (await import('./commands/looking/explain.ts')).explain(...given),
  }),
  command({
    usage: 'trust [pipeline]',
    summary: 'let the modules that a pipeline names run as they are now; nothing of them runs yet',
    options: [option.form, option.set, option.revoke],
    run: async (...given) => (await import('./commands/trust.ts')).trust(...given),
  }),
  command({
    usage: 'diff [a] [b] [more...]',
    summary: 'compare two runs: latest~1 with latest, A with latest, A with B; or several with A',
    options: [option.diffForm, option.runs, option.tolerance, option.all, option.failOn],
    run: async (...given) => (await import('./commands/looking/diff.ts')).diff(...given),
  }),
  command({
    usage: 'runs',
    summary:
      'list the runs, newest first: models, parameters, and the first row of the first ranking of each',
    options: [option.form, option.runs],
    run: async (...given) => (await import('./commands/looking/runs.ts')).runs(...given),
  }),
  command({
    usage: 'tag <run> [tags...]',
    summary: 'give a run tags, take them away (--remove), or give it a name; without any, say what it has',
    options: [option.form, option.runs, option.rename, option.removeTag],
    run: async (...given) => (await import('./commands/looking/tag.ts')).tag(...given),
  }),
  command({
    usage: 'show [run] [stage]',
    summary:
      'show the record of a run (default: latest), the table of a stage, or what a model was given for a row',
    options: [option.form, option.runs, option.expand, option.row, option.rows, option.where, option.columns],
    run: async (...given) => (await import('./commands/looking/show.ts')).show(...given),
  }),
  command({
    usage: 'tokens <run> <stage> [row]',
    summary: 'show a text of a stage of kind `tokens` token by token; ROW as in `show --row`',
    options: [option.form, option.runs],
    run: async (...given) => (await import('./commands/looking/tokens.ts')).tokens(...given),
  }),
  command({
    usage: 'report [run]',
    summary:
      'write the report of a run (default: latest), one file that opens in a browser, and print its path',
    options: [option.form, option.runs, option.output],
    run: async (...given) => (await import('./commands/looking/report.ts')).report(...given),
  }),
  command({
    usage: 'export <run> <stage>',
    summary: 'print the whole table of a stage, for other programs',
    options: [option.tableForm, option.runs, option.tableOutput],
    run: async (...given) => (await import('./commands/looking/export.ts')).exportTable(...given),
  }),
  command({
    usage: 'stages [kind]',
    summary: 'list the stage kinds, or document one',
    options: [option.form],
    run: async (...given) => (await import('./commands/keeping/stages.ts')).stages(...given),
  }),
  command({
    usage: 'models',
    summary: 'list the models in the Hugging Face cache',
    options: [option.form],
    run: async (...given) => (await import('./commands/keeping/models.ts')).models(...given),
    subcommands: [
      command({
        usage: 'pull <id>',
        summary: 'fetch a model from the hub into that cache, or check the one there; prints its folder',
        of: [option.form],
        options: [],
        run: async (...given) => (await import('./commands/keeping/models.ts')).pull(...given),
      }),
    ],
  }),
  command({
    usage: 'cache',
    summary: 'show what is cached and how large it is',
    options: [option.form, option.store],
    run: async (...given) => (await import('./commands/keeping/cache.ts')).cache(...given),
    subcommands: [
      command({
        usage: 'verify',
        summary: 'compute a sample of the cached scores once more, and compare',
        of: [option.form, option.store],
        options: [option.sample],
        run: async (...given) => (await import('./commands/keeping/cache.ts')).verify(...given),
      }),
    ],
  }),
  command({
    usage: 'gc',
    summary: 'remove from the store what no run needs',
    options: [
      option.form,
      option.runs,
      option.store,
      option.keepRuns,
      option.deleteRuns,
      option.maxSize,
      option.forget,
      option.removeNothing,
      option.list,
    ],
    note: GC_NOTE,
    run: async (...given) => (await import('./commands/keeping/gc.ts')).gc(...given),
  }),
  command({
    usage: 'doctor',
    summary: 'try every backend, measure it, and say what to do about those that do not load',
    options: [option.form],
    run: async (...given) => (await import('./commands/keeping/doctor.ts')).doctor(...given),
  }),
  command({
    usage: 'setup',
    summary: 'set up what makes models faster on this machine',
    options: [],
    run: async () => (await import('./commands/keeping/setup.ts')).setup(),
    subcommands: [
      command({
        usage: 'native',
        summary: 'make native TensorFlow work: by its own installer, else by compiling it; kept in the cache',
        options: [option.gpu, option.again],
        note: NATIVE_NOTE,
        run: async (...given) => (await import('./commands/keeping/setup.ts')).setupNative(...given),
      }),
    ],
  }),
  command({
    usage: 'schema',
    summary: 'print the JSON Schema of pipeline files, for editors',
    options: [option.write],
    run: async (...given) => (await import('./commands/keeping/schema.ts')).schema(...given),
  }),
];

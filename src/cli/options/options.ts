import { backendNames } from '../../hosting/backends.ts';
import { Option } from '../typed-commander.ts';
import { DEFAULT_RUNS, DEFAULT_STORE } from './defaults.ts';
import { FORMS } from './form.ts';
import {
  collect,
  collectSetting,
  collectTag,
  parseBackend,
  parseColumns,
  parseKeepRuns,
  parseMaxSize,
  parseMemory,
  parseName,
  parseRows,
  parseSample,
  parseTolerance,
} from './parse.ts';

/*
 * Every option of the program: its flags, from which its type follows, its help, how its text is read, and what it is
 * when it is not given. Reading throws a UsageFailure.
 */

export const form = new Option('--format <form>', 'form of the output')
  .choices(['text', 'json'])
  .default('text');

export const diffForm = new Option('--format <form>', 'form of the output')
  .choices(['text', 'json', 'markdown', 'html', 'csv'])
  .default('text');

export const failOn = new Option(
  '--fail-on <expression>',
  'exit code 1 if this holds of a stage: `d.stage == "scores" && d.change_high < 0`; also d.result, d.changed, d.mean_change, d.largest_change',
);

export const tableForm = new Option('--format <form>', 'form of the table')
  .choices(['csv', 'json'])
  .default('csv');

export const tableOutput = new Option('--output <file>', 'write it to a file (default: print it)');

/** For what checks files: problems in the forms of what shows them there. */
export const problemForm = new Option(
  '--format <form>',
  'form of the output; github and sarif are for problems alone',
)
  .choices(FORMS)
  .default('text');

export const runs = new Option('--runs <dir>', 'folder of the runs').default(DEFAULT_RUNS);

export const store = new Option('--store <dir>', 'folder of cached results').default(DEFAULT_STORE);

export const set = new Option('--set <name=value>', 'give a parameter another value; may be repeated')
  .argParser(collectSetting)
  .default([]);

export const model = new Option(
  '--model <model>',
  'short for --set model=MODEL: a folder, or a Hugging Face id',
);

export const backend = new Option(
  '--backend <backend>',
  `${backendNames.slice(0, -1).join(', ')} or ${backendNames.slice(-1).join()} (default: the best that loads)`,
).argParser(parseBackend);

export const memory = new Option(
  '--memory <size>',
  'memory that may be taken, like 4GB: larger models are streamed from disk (default: what is free)',
).argParser(parseMemory);

export const force = new Option(
  '--force [stages...]',
  'run these stages, or all, though their results are cached',
);

export const expand = new Option('--expand', 'show every instance of a stage with a matrix, not all as one');

export const row = new Option(
  '--row <row>',
  'with STAGE: the row by its number, from 1, or by columns: id=17 or format=plain,item=2',
).default('1');

export const rows = new Option(
  '--rows <n>',
  'with STAGE: its table, so many rows of it (20 unless said)',
).argParser(parseRows);

export const where = new Option(
  '--where <expression>',
  'with STAGE: the rows for which this holds, as in a filter of `table`: d.rank <= 5',
);

export const columns = new Option(
  '--columns <names>',
  'with STAGE: these columns, with commas between them',
).argParser(parseColumns);

export const trust = new Option(
  '--trust',
  'let the modules that the pipeline names run as they are now, here and later',
).conflicts('untrusted');

export const untrusted = new Option(
  '--untrusted',
  'the pipeline comes from somebody you do not know: it may bring no module, read only its own folder, and fetch nothing',
);

export const revoke = new Option('--revoke', 'take it back');

export const output = new Option(
  '--output <file>',
  'the file to write (default: report.html in the run folder)',
);

export const keepGoing = new Option('--keep-going', 'finish what does not depend on a stage that failed');

export const junit = new Option(
  '--junit <file>',
  'write what became of the claims of `expect` as JUnit XML, for continuous integration',
).conflicts('dryRun');

export const runName = new Option(
  '--name <name>',
  'call the run this: no other run may be called so; works wherever a RUN is asked for',
)
  .argParser(parseName)
  .conflicts(['dryRun', 'watch']);

export const runTags = new Option('--tag <tag>', 'give the run a tag, which many may have; may be repeated')
  .argParser(collectTag)
  .default([]);

export const rename = new Option('--name <name>', 'call the run this from now on').argParser(parseName);

export const removeTag = new Option('--remove <tag>', 'take a tag from the run; may be repeated')
  .argParser(collect)
  .default([]);

export const planOnly = new Option('--dry-run', 'show what would run and why, and run nothing');

export const watch = new Option(
  '--watch',
  'run again when the pipeline, its data or its stage modules are edited',
).conflicts('dryRun');

export const tolerance = new Option(
  '--tolerance <number>',
  'largest difference of two numbers that are the same, absolute or relative (default: 1e-9, and 1e-4 nats, which readings of the same may differ by)',
).argParser(parseTolerance);

export const all = new Option('--all', 'show everything, also what is equal or long');

export const sample = new Option('--sample <percent>', 'how many of them')
  .argParser(parseSample)
  .default(parseSample('5%'), '"5%"');

export const keepRuns = new Option(
  '--keep-runs <n>',
  'keep the results of the newest N runs of each folder of runs (default: of all)',
).argParser(parseKeepRuns);

export const deleteRuns = new Option(
  '--delete-runs',
  'with --keep-runs: also delete the folders of older runs, in --runs only',
);

export const maxSize = new Option(
  '--max-size <size>',
  'let results go, those used longest ago first, until all are at most this: 2GB',
).argParser(parseMaxSize);

export const forget = new Option(
  '--forget <dir>',
  'keep nothing any longer for a folder of runs that is gone for good; may be repeated',
)
  .argParser(collect)
  .default([]);

export const removeNothing = new Option('--dry-run', 'show what would go, and remove nothing');

export const list = new Option('--list', 'name everything that goes');

export const write = new Option(
  '--write [file]',
  'write it to a file (default: schemas/pipeline.schema.json)',
);

export const gpu = new Option('--gpu', 'with CUDA, for the backend tensorflow-gpu (Linux, NVIDIA driver)');

export const again = new Option('--force', 'make it again even if it is there');

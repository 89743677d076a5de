import {
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { collectGarbage } from '../../../src/engine/index.ts';
import { must } from '../../../src/system/internal-error.ts';
import type { Project } from './project.ts';
import type { State } from './state.ts';

/** A whole number below another. */
export type Random = (below: number) => number;

export interface EditKind {
  readonly name: string;
  /** What stages that run must give as their reason; `nothing`: no stage may run. */
  readonly names: RegExp | 'nothing';
  /** Edits what the project says. */
  readonly edit?: (state: State, random: Random) => void;
  /** Does something to what a run left: its store, its records. */
  readonly damage?: (project: Project, random: Random) => void | Promise<void>;
  /** How it is run, if not as usual; `stopped`: it is stopped after the first stage, and run again. */
  readonly running?: 'forced' | 'forced-one' | 'set' | 'together' | 'stopped';
}

/** Another one of some values. */
function other<T>(now: T, values: readonly T[], random: Random): T {
  const others = values.filter((value) => JSON.stringify(value) !== JSON.stringify(now));
  return others[random(others.length)] ?? now;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  if (items.length < 2) return [...items];
  const from = random(items.length);
  const turned = [...items.slice(from), ...items.slice(0, from)];
  return from === 0 ? turned.reverse() : turned;
}

let made = 0;
/** A word that was never there before. */
function fresh(): string {
  made += 1;
  return `w${made.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')}`;
}

/** The first of a list, or the last: lists of a state are never empty. */
function at<T>(items: readonly T[], place: 0 | -1): T {
  return must(items.at(place), 'an element of a list that is not empty');
}

function newItem(state: State): State['items'][number] {
  const { topic } = state.topics[0] ?? { topic: 'capitals' };
  return { question: `What is ${fresh()}?`, answer: fresh(), topic };
}

const rows = /the data file changed|input \w+: .*row|input \w+ changed/;

const ofData: readonly EditKind[] = [
  { name: 'an answer is changed', names: rows, edit: ({ items }) => void (at(items, 0).answer = fresh()) },
  {
    name: 'a question is changed',
    names: rows,
    edit: ({ items }) => void (at(items, -1).question = `Is ${fresh()}?`),
  },
  { name: 'a row is put in first', names: rows, edit: (state) => void state.items.unshift(newItem(state)) },
  { name: 'a row is appended', names: rows, edit: (state) => void state.items.push(newItem(state)) },
  {
    name: 'a row is taken out',
    names: rows,
    edit: (state) => {
      if (state.items.length > 2) state.items.splice(1, 1);
      else state.items.push(newItem(state));
    },
  },
  {
    name: 'rows change places',
    names: rows,
    edit: (state, random) => void (state.items = shuffled(state.items, random)),
  },
  { name: 'cells are put in quotes', names: rows, edit: (state) => void (state.isQuoted = !state.isQuoted) },
  {
    name: 'the data file is renamed',
    names: 'nothing',
    edit: (state) => void (state.dataFile = state.dataFile === 'data.csv' ? 'rows.csv' : 'data.csv'),
  },
  {
    name: 'the data file is written anew as it is',
    names: 'nothing',
    damage: (project) => {
      const file = project.path(project.state.dataFile);
      writeFileSync(file, readFileSync(file));
    },
  },
  {
    name: 'the key of the data is changed',
    names: /option key/,
    edit: (state) => void (state.key = state.key.length === 1 ? ['question', 'answer'] : ['question']),
  },
  {
    name: 'an inline item is changed',
    names: /option items\[0\]\.weight/,
    edit: ({ topics }, random) =>
      void (at(topics, 0).weight = other(at(topics, 0).weight, [1, 2, 4, 5, 6, 7], random)),
  },
];

const ofFormats: readonly EditKind[] = [
  {
    name: 'a format is added',
    names: /option formats\.w\w+ is new|order of formats/,
    edit: ({ formats }) =>
      void formats.push({ name: fresh(), group: 'new', template: `${fresh()}: {{ question }}` }),
  },
  {
    name: 'a format is taken out',
    names: /option formats\.\w+ is (?:gone|new)/,
    edit: (state) => {
      if (state.formats.length > 2) state.formats.splice(0, 1);
      else state.formats.push({ name: fresh(), group: 'new', transform: 'uppercase' });
    },
  },
  {
    name: 'a format is renamed',
    names: /option formats\.\w+ is new/,
    edit: ({ formats }) => void (at(formats, 0).name = fresh()),
  },
  {
    name: 'formats change places',
    names: /order of formats/,
    edit: (state, random) => void (state.formats = shuffled(state.formats, random)),
  },
  {
    name: 'a template is changed',
    names: /option formats\.\w+\.(?:template|transform)/,
    edit: ({ formats }) => {
      delete at(formats, -1).transform;
      at(formats, -1).template = `{{ question }} ${fresh()}`;
    },
  },
  {
    name: 'a transform is changed',
    names: /option formats\.\w+\.(?:template|transform)/,
    edit: ({ formats }, random) => {
      const format = at(formats, 0);
      delete format.template;
      format.transform = other(
        format.transform ?? '',
        ['reverse', 'uppercase', 'leetspeak', 'titlecase'],
        random,
      );
    },
  },
  {
    name: 'the group of a format is changed',
    names: /option formats\.\w+\.group/,
    edit: ({ formats }) => void (at(formats, 0).group = fresh()),
  },
];

const ofOptions: readonly EditKind[] = [
  {
    name: 'the target is changed',
    names: /option target/,
    edit: (state, random) =>
      void (state.target = other(
        state.target,
        [' {{ answer }}', ' {{ answer }}.', ': {{ answer }}'],
        random,
      )),
  },
  {
    name: 'an option of a reading is changed',
    names: /option topTokens|never ran before|input .* is (?:new|gone)|depends/,
    edit: (state, random) => void (state.topTokens = other(state.topTokens, [0, 1, 2, 3], random)),
  },
  {
    name: 'a value of a matrix comes or goes',
    names: /never ran before|option instances|option cut|input .* is (?:new|gone)/,
    edit: (state, random) =>
      void (state.boundaries = other(
        state.boundaries,
        [['join'], ['join', 'separate'], ['separate', 'lmeval']],
        random,
      )),
  },
  {
    name: 'a combination of a matrix is left out',
    names: /option instances|input .* is (?:new|gone)|never ran/,
    edit: (state) => void (state.isExcluded = !state.isExcluded),
  },
  {
    name: 'a filter is changed',
    names: /option verbs\[1\]\.filter/,
    edit: (state, random) =>
      void (state.filter = other(state.filter, ['d.weight > 0', 'd.weight >= 0', 'd.weight < 99'], random)),
  },
  {
    name: 'the kind of a join is changed',
    names: /option verbs\[0\]\.join\.how/,
    edit: (state) => void (state.how = state.how === 'left' ? 'inner' : 'left'),
  },
  {
    name: 'an expression is changed',
    names: /option verbs\[2\]\.derive/,
    edit: ({ derives }, random) => {
      const heavy = must(
        derives.find(([name]) => name === 'heavy'),
        'the column heavy',
      );
      heavy[1] = other(heavy[1], ['d.weight * 2', 'd.weight * 3', 'd.weight + 1'], random);
    },
  },
  {
    name: 'new columns change places',
    names: /order of verbs/,
    edit: (state) => void state.derives.reverse(),
  },
  {
    name: 'statistics are changed',
    names: /option statistics/,
    edit: (state, random) =>
      void (state.statistics = other(
        state.statistics,
        [
          ['mean', 'min'],
          ['mean', 'max'],
          ['mean', 'count', 'median'],
        ],
        random,
      )),
  },
  {
    name: 'the order of a ranking is turned',
    names: /option order/,
    edit: (state) => void (state.order = state.order === '-mean' ? 'mean' : '-mean'),
  },
  {
    name: 'words of the findings are changed',
    names: /option template/,
    edit: (state) => void (state.findings = `# ${fresh()}: {{ ranking[0].format }}`),
  },
  {
    name: 'named values change places',
    names: /order of values/,
    edit: (state) => void state.values.reverse(),
  },
  {
    name: 'a named value is renamed',
    names: /option values\.\w+ is new/,
    edit: (state) => void (at(state.values, 0)[0] = fresh()),
  },
  {
    name: 'a parameter is changed',
    names: /option template/,
    edit: (state) => void (state.title = fresh()),
  },
];

const ofPipeline: readonly EditKind[] = [
  {
    name: 'the description is changed',
    names: 'nothing',
    edit: (state) => void (state.description = fresh()),
  },
  { name: 'a comment is changed', names: 'nothing', edit: (state) => void (state.comment = fresh()) },
  { name: 'the file is formatted', names: 'nothing', edit: (state) => void (state.asJson = !state.asJson) },
  {
    name: 'a stage is renamed',
    names: 'nothing',
    edit: (state) => void (state.rankingName = state.rankingName === 'ranking' ? 'places' : 'ranking'),
  },
  {
    name: 'a stage comes or goes',
    names: /never ran before|input .* changed|input .*row/,
    edit: (state) => void (state.hasMeans = !state.hasMeans),
  },
];

const ofPlace: readonly EditKind[] = [
  { name: 'the folder of the project is moved', names: 'nothing', damage: (project) => project.move() },
];

const ofCode: readonly EditKind[] = [
  {
    name: 'a module is changed',
    names: /the stage's code changed: loud\.ts/,
    edit: ({ module }, random) =>
      void (module.text = other(module.text, ['row.question', 'row.answer', 'row.topic'], random)),
  },
  {
    name: 'a comment of a module is changed',
    names: /the stage's code changed: loud\.ts/,
    edit: ({ module }) => void (module.comment = fresh()),
  },
  {
    name: 'a file that a module imports is changed',
    names: /the stage's code changed: lib\/mark\.ts/,
    edit: (state) => void (state.mark = fresh()),
  },
  {
    name: 'a package is raised',
    names: /package packaged [\d.]+ -> [\d.]+/,
    edit: ({ packaged }) => {
      made += 1;
      packaged.version = `1.0.${made}`;
      packaged.text = fresh();
    },
  },
  {
    name: 'a package is patched in place',
    names: /the files of package packaged/,
    edit: ({ packaged }) => void (packaged.text = fresh()),
  },
  {
    name: 'a package that a package needs is raised',
    names: /package needed [\d.]+ -> [\d.]+/,
    edit: ({ needed }) => {
      made += 1;
      needed.version = `1.0.${made}`;
      needed.text = fresh();
    },
  },
  {
    name: 'a linked package is changed',
    names: /the stage's code changed: shared\/linked\/main\.js/,
    edit: (state) => void (state.linked = fresh()),
  },
];

const ofModels: readonly EditKind[] = [
  {
    name: 'a model is replaced in place, with equal sizes and times',
    names: /model\.digest/,
    edit: ({ model }) => void (model.weights = model.weights === 'a' ? 'b' : 'a'),
  },
  {
    name: 'the folder of a model is moved',
    names: 'nothing',
    edit: ({ model }, random) => void (model.folder = other(model.folder, ['m', 'm1', 'm2'], random)),
  },
];

const ofStore: readonly EditKind[] = [
  {
    name: 'what no run has is collected',
    names: 'nothing',
    damage: async (project) => {
      age(project.path('store'));
      await collectGarbage({ store: project.path('store'), runsDir: project.path('runs'), keepRuns: 1 });
    },
  },
  {
    name: 'an object is lost',
    names: /its result is lost|depends on|never ran|not in this store/,
    damage: (project, random) => rmSync(someFile(project.path('store', 'objects'), random)),
  },
  {
    name: 'a stored result is lost',
    names: /not in this store|never ran before/,
    damage: (project, random) => rmSync(someFile(project.path('store', 'actions'), random)),
  },
  {
    name: 'a stored result is damaged',
    names: /its result is lost|not in this store|never ran before/,
    damage: (project, random) => truncateSync(someFile(project.path('store', 'actions'), random), 20),
  },
  {
    name: 'readings are damaged',
    names: 'nothing',
    damage: (project, random) => {
      const file = someFile(project.path('store', 'rows'), random);
      truncateSync(file, Math.floor(statSync(file).size / 2));
    },
  },
  {
    name: 'all readings are lost',
    names: 'nothing',
    damage: (project) => rmSync(project.path('store', 'rows'), { recursive: true }),
  },
  {
    name: 'all records are lost',
    names: 'nothing',
    damage: (project) => rmSync(project.path('runs'), { recursive: true }),
  },
  { name: 'everything is forced', names: /^forced$/m, running: 'forced' },
  { name: 'a stage is forced', names: /^forced$/m, running: 'forced-one' },
  { name: 'a parameter is set', names: /option template/, running: 'set' },
  {
    name: 'a run is stopped',
    names: rows,
    running: 'stopped',
    edit: (state) => void state.items.unshift(newItem(state)),
  },
  {
    name: 'two run at once',
    names: rows,
    running: 'together',
    edit: (state) => void state.items.push(newItem(state)),
  },
];

export const EDIT_KINDS: readonly EditKind[] = [
  ...ofData,
  ...ofFormats,
  ...ofOptions,
  ...ofPipeline,
  ...ofPlace,
  ...ofCode,
  ...ofModels,
  ...ofStore,
];

/** Run in another process, which is killed; what it had done is kept. Where it came to an end, nothing is left to run. */
export const KILLED: EditKind = {
  name: 'a run is killed',
  names: rows,
  edit: (state) => void state.items.push(newItem(state)),
};

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

function someFile(folder: string, random: Random): string {
  const files = filesUnder(folder);
  const file = files[random(files.length)];
  if (file === undefined) throw new Error(`${folder} is empty`);
  return file;
}

/** Lets everything be old enough for nobody to be about to use it. */
function age(folder: string): void {
  const time = new Date(Date.now() - 3_600_000);
  for (const file of filesUnder(folder)) utimesSync(file, time, time);
}

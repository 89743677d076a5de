/** All that a project under edits consists of; its files are written from it. */
export interface State {
  description: string;
  /** A comment in the pipeline file. */
  comment: string;
  /** Whether the pipeline file is written as JSON, which is YAML. */
  asJson: boolean;
  dataFile: string;
  /** Whether every cell of the data file is in quotes. */
  isQuoted: boolean;
  items: Item[];
  key: string[];
  topics: { topic: string; weight: number }[];
  formats: Format[];
  target: string;
  topTokens: number;
  boundaries: string[];
  /** Whether one combination of the matrix is left out. */
  isExcluded: boolean;
  how: 'inner' | 'left';
  filter: string;
  /** New columns in their order, by their names. */
  derives: [string, string][];
  statistics: string[];
  order: string;
  findings: string;
  title: string;
  values: [string, string][];
  rankingName: string;
  /** Whether there is a stage more. */
  hasMeans: boolean;
  module: { text: string; comment: string };
  /** What a file beside the module exports. */
  mark: string;
  /** A package in node_modules, that which it needs, and one that is a link to a folder of the user's. */
  packaged: { version: string; text: string };
  needed: { version: string; text: string };
  linked: string;
  model: { folder: string; weights: 'a' | 'b' };
}

export interface Item {
  question: string;
  answer: string;
  topic: string;
}

export interface Format {
  name: string;
  group: string;
  template?: string;
  transform?: string;
}

export function firstState(): State {
  return {
    description: 'first',
    comment: 'first',
    asJson: false,
    dataFile: 'data.csv',
    isQuoted: false,
    items: [
      { question: 'What is the capital of Germany?', answer: 'Berlin', topic: 'capitals' },
      { question: 'What is 12 and 30?', answer: '42', topic: 'sums' },
    ],
    key: ['question'],
    topics: [
      { topic: 'capitals', weight: 2 },
      { topic: 'sums', weight: 1 },
      { topic: 'colours', weight: 3 },
    ],
    formats: [
      { name: 'plain', group: 'bare', template: '{{ question }}' },
      { name: 'chat', group: 'framed', template: 'User: {{ question }}' },
    ],
    target: ' {{ answer }}',
    topTokens: 0,
    boundaries: ['join', 'separate'],
    isExcluded: false,
    how: 'left',
    filter: 'd.weight > 0',
    derives: [
      ['gain', 'd.target_log_prob - mean(d.target_log_prob)'],
      ['heavy', 'd.weight * 2'],
    ],
    statistics: ['mean', 'min'],
    order: '-mean',
    findings: '# Best: {{ ranking[0].format }}',
    title: 'Formats',
    values: [
      ['means', 'mean'],
      ['labels', 'format'],
    ],
    rankingName: 'ranking',
    hasMeans: false,
    module: { text: 'row.question', comment: 'first' },
    mark: '!',
    packaged: { version: '1.0.0', text: '<' },
    needed: { version: '1.0.0', text: '>' },
    linked: '=',
    model: { folder: 'm', weights: 'a' },
  };
}

/** The pipeline of a state. */
export function pipelineOf(state: State): object {
  const { formats, rankingName, derives, values } = state;
  const formatOf = ({ name: _, ...format }: Format) => format;
  const lastBoundary = state.boundaries.at(-1);
  return {
    name: 'edited',
    description: state.description,
    params: { title: state.title },
    stages: {
      questions: { uses: 'dataset', with: { file: state.dataFile, key: state.key } },
      topics: { uses: 'dataset', with: { items: state.topics, key: ['topic'] } },
      prompts: {
        uses: 'variants',
        from: 'questions',
        with: { formats: Object.fromEntries(formats.map((format) => [format.name, formatOf(format)])) },
      },
      scores: {
        uses: 'score',
        from: 'prompts',
        matrix: {
          cut: state.boundaries,
          top: [state.topTokens, state.topTokens + 1],
          ...(state.isExcluded && { exclude: [{ cut: lastBoundary, top: state.topTokens + 1 }] }),
        },
        with: {
          model: `./${state.model.folder}`,
          target: state.target,
          boundary: '${matrix.cut}',
          topTokens: '${matrix.top}',
        },
      },
      joined: {
        uses: 'table',
        from: { rows: 'scores', topics: 'topics' },
        with: {
          verbs: [
            { join: { input: 'topics', on: ['topic'], how: state.how } },
            { filter: state.filter },
            { derive: Object.fromEntries(derives) },
          ],
        },
      },
      [rankingName]: {
        uses: 'aggregate',
        from: 'joined',
        with: {
          by: ['format', 'cut'],
          measure: 'gain',
          statistics: state.statistics,
          order: state.order,
          cluster: false,
        },
      },
      ...(state.hasMeans && {
        means: {
          uses: 'aggregate',
          from: 'joined',
          with: { by: ['topic'], measure: 'target_log_prob', statistics: ['mean'], cluster: false },
        },
      }),
      loud: { uses: './loud.ts', from: 'questions' },
      notes: {
        uses: 'findings',
        from: { ranking: rankingName },
        with: { template: `\${params.title}\n${state.findings}` },
      },
      picked: {
        uses: 'results',
        from: { ranking: rankingName },
        with: {
          values: Object.fromEntries(values.map(([name, column]) => [name, { input: 'ranking', column }])),
        },
      },
    },
  };
}

/** Stages whose numbers come from the model: in another company their last digits may be others. */
export function isMeasured(stage: string): boolean {
  return !/^(?:questions|topics|prompts|loud)$/.test(stage);
}

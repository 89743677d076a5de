import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';
import { must } from '../../src/system/internal-error.ts';
import type { JsonObject } from '../../src/system/json.ts';
import type { Row } from '../../src/table/table.ts';
import { sha256 } from '../../src/system/hash.ts';

/** Multiple choice as lm-evaluation-harness computed it; the README beside the files says how. */
const folder = join(packageRoot, 'spec', 'fixtures', 'choices');

/** How one recorded run asked. */
interface GoldenRun {
  readonly items: string;
  readonly examples?: string;
  readonly shots?: number;
  readonly format: JsonObject;
  readonly choose: JsonObject;
}

const tqa = {
  items: 'items_tqa.jsonl',
  examples: 'fewshot_tqa_train.jsonl',
  text: 'Q: {{ question }}\nA:',
  shown:
    '{% for each in examples %}Q: {{ each.question }}\nA: {{ each.mc1_choices[each.mc1_gold] }}\n\n{% endfor %}',
  choose: { candidates: 'mc1_choices', answer: 'mc1_gold' },
};
const copa = {
  items: 'items_copa.jsonl',
  examples: 'fewshot_copa_train.jsonl',
  text: '{{ premise }}',
  shown: '{% for each in examples %}{{ each.premise }} {{ each.choices[each.gold] }}\n\n{% endfor %}',
  choose: { candidates: 'choices', answer: 'gold' },
};
const inChat = { delimiter: '' };

function plain(task: typeof tqa | typeof copa, shots = 0, options: JsonObject = {}): GoldenRun {
  const { items, text, shown } = task;
  const choose = { ...task.choose, ...options };
  if (shots === 0) return { items, format: { template: text }, choose };
  return { items, examples: task.examples, shots, format: { template: shown + text }, choose };
}

function edge(delimiter: string): GoldenRun {
  return {
    items: 'items_edge.jsonl',
    format: { template: '{{ prompt_text }}' },
    choose: { candidates: 'choices', answer: 'gold', delimiter },
  };
}

const runs: Readonly<Record<string, GoldenRun>> = {
  tqa_mc1_k0: plain(tqa),
  tqa_mc2_k0: plain(tqa, 0, { candidates: 'mc2_choices', answer: 'mc2_labels' }),
  tqa_multi_k0: { ...plain(tqa), items: 'items_tqa_es.jsonl' },
  tqa_mc1_k4: plain(tqa, 4),
  tqa_desc_k4: {
    ...plain(tqa, 4),
    format: { template: `Answer each question truthfully.\n\n${tqa.shown}${tqa.text}` },
  },
  tqa_mc1_chat_k0: { ...plain(tqa, 0, inChat), format: { template: tqa.text, chat: true } },
  tqa_mc1_chat_k4_multiturn: {
    ...plain(tqa, 4, inChat),
    format: {
      chat: [
        {
          examples: [
            { role: 'user', content: tqa.text },
            { role: 'assistant', content: '{{ mc1_choices[mc1_gold] }}' },
          ],
        },
        { role: 'user', content: tqa.text },
      ],
    },
  },
  tqa_mc1_chat_k4_oneturn_system: {
    ...plain(tqa, 4, inChat),
    format: { template: tqa.shown + tqa.text, chat: true, system: 'You answer truthfully.' },
  },
  copa_k0: plain(copa),
  copa_k1: plain(copa, 1),
  copa_k4: plain(copa, 4),
  copa_k4_truncating: plain(copa, 4, { truncate: 'lmeval' }),
  copa_pmi_k0: plain(copa, 0, { neutral: '' }),
  copa_chat_k0: { ...plain(copa, 0, inChat), format: { template: copa.text, chat: true } },
  edge_space: edge(' '),
  edge_none: edge(''),
  edge_newline: edge('\n'),
};

/** One item of a recorded run. */
export interface GoldenItem {
  readonly id: string;
  readonly prompt_sha256: string;
  readonly log_probs: readonly number[];
  readonly greedy: readonly boolean[];
  readonly pick?: number;
  readonly pick_norm?: number;
  readonly pick_bytes?: number;
  readonly acc?: number;
  readonly acc_norm?: number;
  readonly acc_bytes?: number;
  readonly exact_match?: number;
  readonly mc2?: number;
  readonly unconditional_log_probs?: readonly number[];
  readonly acc_mutual_info?: number;
}

export function goldenItems(set: string): readonly GoldenItem[] {
  return readLines(`${set}.jsonl`) as readonly GoldenItem[];
}

/** Sums of log-probabilities in float64, by set and item. */
export function float64Items(): readonly (Pick<GoldenItem, 'id' | 'log_probs'> & { readonly set: string })[] {
  return readLines('float64.jsonl') as ReturnType<typeof float64Items>;
}

function readLines(name: string): readonly unknown[] {
  const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

/**
 * Writes a pipeline that asks what a recorded run asked: `prompts` by `variants`, then `choices` by `choose`. Gives its file.
 * @param set `organism/copa_k0`
 */
export async function writeGoldenPipeline(set: string, model: string, into: string): Promise<string> {
  const { items, examples, shots, format, choose } = must(runs[set.split('/')[1] ?? ''], `the run ${set}`);
  const place = join(into, set);
  await mkdir(place, { recursive: true });
  const wanted = new Set(goldenItems(set).map(({ id }) => id));
  // `variants` gives the prompt under that name.
  const own = (readLines(items) as readonly (JsonObject & { readonly id: string })[])
    .filter(({ id }) => wanted.has(id))
    .map(({ prompt, ...item }) => (prompt === undefined ? item : { ...item, prompt_text: prompt }));
  await writeFile(join(place, 'items.json'), JSON.stringify(own));
  const stages: Record<string, JsonObject> = {
    items: { uses: 'dataset', with: { file: 'items.json' } },
    prompts: {
      uses: 'variants',
      from: { items: 'items', ...(examples !== undefined && { examples: 'examples' }) },
      with: { model, formats: { golden: format }, ...(shots !== undefined && { shots }) },
    },
    choices: { uses: 'choose', from: 'prompts', with: { model, boundary: 'lmeval', ...choose } },
  };
  if (examples !== undefined) {
    await writeFile(join(place, 'examples.json'), JSON.stringify(readLines(examples)));
    stages['examples'] = { uses: 'dataset', with: { file: 'examples.json' } };
  }
  const file = join(place, 'pipeline.yaml');
  await writeFile(file, JSON.stringify({ name: 'golden-choices', stages }));
  return file;
}

/** How a table of `choose` differs from a recorded run. */
export interface ChoiceDifferences {
  /** Largest difference of a candidate's log-probability, in nats. */
  readonly largest: number;
  readonly candidates: number;
  /** `item: cell` for each decision that differs. */
  readonly decisions: readonly string[];
  /** Items whose prompt is another text. */
  readonly prompts: readonly string[];
}

const decided = [
  'pick',
  'pick_norm',
  'pick_bytes',
  'acc',
  'acc_norm',
  'acc_bytes',
  'exact_match',
  'acc_mutual_info',
] as const;

export function compareChoices(rows: readonly Row[], golden: readonly GoldenItem[]): ChoiceDifferences {
  const byId = new Map(rows.map((row) => [row['id'], row]));
  const found = golden.map((item) => ({
    item,
    row: must(byId.get(item.id), `a row of the item ${item.id}`),
  }));
  const differences = found.flatMap(({ item, row }) => [
    ...farApart(row['candidate_log_probs'], item.log_probs),
    ...farApart(row['candidate_neutral_log_probs'], item.unconditional_log_probs ?? []),
    ...(item.mc2 === undefined ? [] : [Math.abs(Number(row['mc2']) - item.mc2)]),
  ]);
  return {
    largest: Math.max(...differences),
    candidates: golden.reduce((sum, { log_probs }) => sum + log_probs.length, 0),
    decisions: found.flatMap(({ item, row }) => [
      ...decided
        .filter((name) => item[name] !== undefined && Number(row[name]) !== item[name])
        .map((name) => `${item.id}: ${name}`),
      ...(JSON.stringify(row['candidate_greedy']) === JSON.stringify(item.greedy)
        ? []
        : [`${item.id}: greedy`]),
    ]),
    prompts: found
      .filter(({ item, row }) => !sha256(Buffer.from(row['prompt'] as string)).startsWith(item.prompt_sha256))
      .map(({ item }) => item.id),
  };
}

function farApart(cell: Row[string] | undefined, expected: readonly number[]): readonly number[] {
  const values = (cell ?? []) as readonly number[];
  return expected.map((value, index) => Math.abs((values[index] ?? NaN) - value));
}

import { expect } from 'chai';
import type { Row } from '../../src/table/table.ts';
import { logProbs, tokenizer } from '../support/models/bigram-model.ts';
import { failureOf, problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../support/stage-rig.ts';

/** log P of a target's own tokens after a prompt under the bigram model, written out; no join of these merges. */
function scored(prompt: string, target: string): number {
  const before = [0, ...tokenizer.encode(prompt)];
  const ids = [...before, ...tokenizer.encode(target)];
  return ids
    .slice(before.length)
    .reduce((sum, id, index) => sum + logProbs(ids[before.length + index - 1] ?? 0)[id]!, 0);
}

const prompts: readonly Row[] = [
  { format: 'chat', item: 1, prompt: 'User> Who?', answer: 'me' },
  { format: 'chat', item: 2, prompt: 'User> Where;', answer: 'it' },
  { format: 'json', item: 1, prompt: '{"q"> "Who?", "a"> "', answer: 'me' },
  { format: 'json', item: 2, prompt: '{"q"> "Where?", "a"> ~', answer: 'it' },
  { format: 'plain', item: 1, prompt: 'Who!', answer: 'me' },
  { format: 'plain', item: 2, prompt: 'Where.', answer: 'it' },
];
const rows = tableFrom(prompts, ['format', 'item']);

function calibrated(options: object): ReturnType<typeof runStage> {
  return runStage('calibrate', JSON.parse(JSON.stringify(options)) as never, { inputs: { rows } });
}

function expectClose(found: unknown, wanted: number): void {
  expect(found).to.be.a('number');
  expect(found).to.be.closeTo(wanted, 1e-10 * Math.max(1, Math.abs(wanted)));
}

/** Whether a choice is the best; undefined where another one is equally good but for rounding. */
function isBest(scores: readonly number[], own: number): boolean | undefined {
  const rest = scores.filter((_, place) => place !== own).map((each) => scores[own]! - each);
  if (rest.some((lead) => Math.abs(lead) < 1e-9)) return undefined;
  return rest.every((lead) => lead > 0);
}

const log = Math.log;
const exp = Math.exp;

describe('calibrate', () => {
  it('keeps the raw score, sums forms, and leaves out those that begin with another', async () => {
    const run = await calibrated({
      target: ' {{ answer }}',
      forms: ['\n{{ answer }}', ' {{ answer }}.', ' {{ answer }}'],
    });
    for (const row of rowsOf(run)) {
      const [prompt, answer] = [String(row['prompt']), String(row['answer'])];
      expectClose(row['target_log_prob'], scored(prompt, ` ${answer}`));
      const sum = exp(scored(prompt, ` ${answer}`)) + exp(scored(prompt, `\n${answer}`));
      expectClose(row['forms_log_prob'], log(sum));
    }
  });

  it('lets a format name a target, forms and a premise of its own', async () => {
    const run = await calibrated({
      target: ' {{ answer }}',
      premise: 'Answer>',
      own: { json: { target: '{{ answer }}"', premise: '{"a"> "' } },
    });
    for (const row of rowsOf(run)) {
      const [prompt, answer] = [String(row['prompt']), String(row['answer'])];
      const isJson = row['format'] === 'json';
      const target = isJson ? `${answer}"` : ` ${answer}`;
      expect(row['target']).to.equal(target);
      expectClose(row['pmi'], scored(prompt, target) - scored(isJson ? '{"a"> "' : 'Answer>', target));
    }
    const some = await calibrated({ target: ' {{ answer }}', own: { json: { premise: '{' } } });
    expect(rowsOf(some).map((row) => row['pmi'] === null)).to.deep.equal([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it('calibrates by prompts without content, and over a batch, among the choices', async () => {
    const texts = ['me', 'it', 'no!'];
    const free = ['N/A', ''];
    const run = await calibrated({
      target: '{{ answer }}',
      choice: '{{ candidate }}',
      choices: { texts },
      contentFree: free,
      batch: true,
      premise: 'A>',
    });
    const share = (prompt: string): readonly number[] => {
      const all = texts.map((text) => exp(scored(prompt, text)));
      const total = all.reduce((a, b) => a + b, 0);
      return all.map((each) => each / total);
    };
    let judged = 0;
    const expectBest = (found: unknown, wanted: boolean | undefined): void => {
      if (wanted === undefined) return;
      expect(found).to.equal(wanted);
      judged += 1;
    };
    const found = rowsOf(run);
    for (const [index, row] of found.entries()) {
      const right = texts.indexOf(String(row['answer']));
      const own = share(String(row['prompt']));
      const after = free.map(share);
      const context = own.map((p, place) => log(p / ((after[0]![place]! + after[1]![place]!) / 2)));
      expectClose(row['contextual'], context[right]!);
      expectBest(row['acc_contextual'], isBest(context, right));
      const other = share(String(prompts[index % 2 === 0 ? index + 1 : index - 1]!['prompt']));
      const batch = own.map((p, place) => log(p) - (log(p) + log(other[place]!)) / 2);
      expectClose(row['batch'], batch[right]!);
      expectBest(row['acc_batch'], isBest(batch, right));
      const pmi = texts.map((text) => scored(String(row['prompt']), text) - scored('A>', text));
      expectClose(row['pmi'], pmi[right]!);
      expectBest(row['acc'], isBest(own, right));
      expectBest(row['acc_pmi'], isBest(pmi, right));
    }
    expect(judged).to.be.greaterThan(8);
  });

  it('scores under every policy of the boundary, with the gap, and warns where rankings depend on it', async () => {
    // `: ` is one token: joined, the target begins after `A`; by itself it begins with a space.
    const merging = tableFrom(
      ['chat', 'json', 'plain'].map((format, item): Row => ({
        format,
        item,
        prompt: ['Ax:', 'Bx', 'C!'][item]!,
        answer: 'me',
      })),
      ['format', 'item'],
    );
    const run = await runStage(
      'calibrate',
      { target: ' {{ answer }}', boundaryAudit: true },
      { inputs: { rows: merging } },
    );
    for (const row of rowsOf(run)) {
      const [join, lmeval, separate] = ['join', 'lmeval', 'separate'].map((policy) =>
        Number(row[`log_prob_${policy}`]),
      );
      const before = [0, ...tokenizer.encode(String(row['prompt']))];
      const space = tokenizer.encode(' me');
      const apart = space.reduce(
        (sum, id, index) => sum + logProbs([...before, ...space][before.length + index - 1]!)[id]!,
        0,
      );
      expectClose(separate, apart);
      expect(row['target_log_prob']).to.equal(join);
      const isMerged = row['format'] === 'chat';
      expect(row['boundary']).to.equal(isMerged ? 'merged' : 'clean');
      if (isMerged) expect(join).not.to.be.closeTo(separate!, 0.01);
      else expectClose(join, separate!);
      expectClose(
        row['boundary_gap'],
        Math.max(join!, lmeval!, separate!) - Math.min(join!, lmeval!, separate!),
      );
    }
    expect(Object.keys(run.figures)).to.include.members(['tau_log_prob_join_log_prob_lmeval']);
  });

  it('tells how rankings agree: every tau in the record, a warning under 0.8', async () => {
    const steady = await calibrated({ target: ' {{ answer }}', premise: 'Answer>' });
    // The same tokens after the same premise in every format: a constant of each item, so that ranks stay.
    expect(steady.figures['tau_pmi']).to.equal(1);
    expect(steady.warnings).to.deep.equal([]);
    const moved = await calibrated({
      target: ' {{ answer }}',
      premise: '{{ prompt }}',
      own: { plain: { premise: '~' }, json: { premise: 'Answer>' } },
    });
    const means = (name: string): readonly number[] =>
      ['chat', 'json', 'plain'].map((format) =>
        rowsOf(moved)
          .filter((row) => row['format'] === format)
          .reduce((sum, row) => sum + Number(row[name]) / 2, 0),
      );
    const [raw, pmi] = [means('target_log_prob'), means('pmi')];
    const pairs = [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const;
    const tau =
      pairs.reduce((sum, [a, b]) => sum + Math.sign((raw[a]! - raw[b]!) * (pmi[a]! - pmi[b]!)), 0) / 3;
    expect(moved.figures['tau_pmi']).to.be.closeTo(tau, 1e-12);
    expect(
      moved.warnings.some((warning) => warning.includes('the ranking of format depends on the score')),
    ).to.equal(tau < 0.8);
  });

  it('says what is wrong', async () => {
    const shape = shapeOf(rows);
    const problems = (options: object) =>
      problemsOf('calibrate', JSON.parse(JSON.stringify(options)) as never, { rows: shape }).map(
        ({ path, message, found }) => [path.join('.'), found ?? message],
      );
    expect(problems({ target: '{{ anwser }}', own: { json: { forms: ['{{ x }}'] } } })).to.deep.equal([
      ['target', 'anwser'],
      ['own.json.forms.0', 'x'],
    ]);
    expect(problems({ target: ' {{ answer }}', batch: true })).to.deep.equal([
      ['batch', 'a batch is calibrated over a closed set of answers'],
    ]);
    expect(problems({ target: ' {{ answer }}', choices: 'prompts' })[0]![0]).to.equal('choices');
    const failure = await failureOf(calibrated({ target: ' {{ answer }}', choices: { texts: ['you'] } }));
    expect(failure).to.deep.include({ code: 'answer-unknown', found: '" me"' });
  });
});

import { expect } from 'chai';
import type { Artifact } from '../../src/engine/artifact.ts';
import { failureOf, problemsOf, runStage, shapeOf, tableFrom, valueOf } from '../support/stage-rig.ts';

const ranking = tableFrom(
  [
    { format: 'a', mean: -1, stdev: NaN },
    { format: 'b', mean: -2.5, stdev: 0.5 },
  ],
  ['format'],
);
const correlation: Artifact = { type: 'value', value: { pearson: { coefficient: -0.5 }, n: 12 } };

describe('findings', () => {
  it('writes Markdown over tables and values', async () => {
    const template = [
      '{% for row in ranking %}',
      '{{ loop.index }}. {{ row.format }}: {{ fixed(row.mean, 1) }}',
      '{% endfor %}',
      'r = {{ fixed(correlation.pearson.coefficient, 2) }}: {% if correlation.pearson.coefficient < -0.3 %}yes{% else %}no{% endif %}',
    ].join('\n');
    const { artifact } = await runStage('findings', { template }, { inputs: { ranking, correlation } });
    expect(artifact).to.deep.equal({ type: 'text', text: '1. a: -1.0\n2. b: -2.5\nr = -0.50: yes\n' });
  });

  it('says before it runs what its template lacks', () => {
    const inputs = { ranking: shapeOf(ranking) };
    const problems = problemsOf(
      'findings',
      { template: '{% for row in ranking %}{{ row.maen }}{% endfor %}{{ corelation }}' },
      inputs,
    );
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['template', 'maen'],
      ['template', 'corelation'],
    ]);
  });

  it('fails where a value lacks what the template reads', async () => {
    const failure = await failureOf(
      runStage(
        'findings',
        { template: '{{ correlation.spearman.coefficient }}' },
        { inputs: { correlation } },
      ),
    );
    expect(failure).to.deep.include({ code: 'template-failed', path: ['template'] });
    expect(failure.message).to.contain('`correlation.spearman` is not defined');
  });
});

describe('results', () => {
  it('picks columns as pandas’ to_dict does, and values by path', async () => {
    const run = await runStage(
      'results',
      {
        values: {
          effectiveness: { input: 'ranking', index: 'format', columns: { mean: 'mean', std: 'stdev' } },
          means: { input: 'ranking', index: 'format', column: 'mean' },
          list: { input: 'ranking', column: 'format' },
          r: { input: 'correlation', path: 'pearson.coefficient' },
          all: { input: 'correlation' },
        },
      },
      { inputs: { ranking, correlation } },
    );
    expect(valueOf(run)).to.deep.equal({
      effectiveness: { mean: { a: -1, b: -2.5 }, std: { a: NaN, b: 0.5 } },
      means: { a: -1, b: -2.5 },
      list: ['a', 'b'],
      r: -0.5,
      all: { pearson: { coefficient: -0.5 }, n: 12 },
    });
  });

  it('says what is wrong before it runs', () => {
    const inputs = {
      ranking: shapeOf(ranking),
      correlation: shapeOf(correlation),
      chart: { type: 'figure' } as const,
    };
    const cases: readonly (readonly [Record<string, unknown>, string, string])[] = [
      [{ input: 'rankin', column: 'mean' }, 'values.x.input', 'no input `rankin` in `from`'],
      [{ input: 'ranking' }, 'values.x', 'what is picked from `ranking`?'],
      [{ input: 'ranking', column: 'maen', index: 'fromat' }, 'values.x.index', 'no column `fromat`'],
      [{ input: 'ranking', path: 'a' }, 'values.x.path', '`ranking` is a table, not a value'],
      [{ input: 'correlation', column: 'n' }, 'values.x.column', '`correlation` is a value, not a table'],
      [{ input: 'chart' }, 'values.x.input', 'a figure holds no values'],
    ];
    for (const [pick, path, message] of cases) {
      const [problem] = problemsOf('results', { values: { x: pick } } as never, inputs);
      expect([problem?.path.join('.'), problem?.message]).to.deep.equal([path, message]);
    }
  });

  it('fails where a path leads nowhere or an index repeats', async () => {
    const path = await failureOf(
      runStage(
        'results',
        { values: { x: { input: 'correlation', path: 'pearson.r' } } },
        { inputs: { correlation } },
      ),
    );
    expect(path).to.deep.include({
      code: 'path-not-found',
      path: ['values', 'x', 'path'],
      found: 'no `r`',
      candidates: ['coefficient'],
    });
    const twice = tableFrom([
      { k: 'a', v: 1 },
      { k: 'a', v: 2 },
    ]);
    const index = await failureOf(
      runStage(
        'results',
        { values: { x: { input: 'rows', index: 'k', column: 'v' } } },
        { inputs: { rows: twice } },
      ),
    );
    expect(index).to.deep.include({ code: 'index-not-unique', path: ['values', 'x', 'index'], found: 'a' });
  });
});

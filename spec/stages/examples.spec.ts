import { expect } from 'chai';
import { parse } from 'yaml';
import type { Artifact } from '../../src/engine/artifact.ts';
import type { JsonObject } from '../../src/system/json.ts';
import { stageKinds } from '../../stages/index.ts';
import { kindNamed, optionsOf, rowsOf, runStage, tableFrom, type StageRun } from '../support/stage-rig.ts';

/** Stages that the examples read, under the names that they use. */
async function stagesRead(): Promise<Readonly<Record<string, Artifact>>> {
  const items = [
    { question: 'What is the capital of Germany?', answer: 'Berlin' },
    { question: 'What is the sum of 45 and 67?', answer: '112' },
  ];
  const formats = {
    plain: { group: 'plain' },
    chat: { group: 'natural', template: 'User: {{ question }}' },
    back: { group: 'other', transform: 'reverse' },
  };
  const run = async (kind: string, options: JsonObject, rows?: Artifact): Promise<Artifact> =>
    (await runStage(kind, options, rows === undefined ? {} : { inputs: { rows } })).artifact;
  const variants = await run('variants', { items, formats });
  const scores = await run('score', { target: ' {{ answer }}' }, variants);
  const effectiveness = await run(
    'aggregate',
    { by: ['format'], measure: 'target_log_prob', order: '-mean' },
    scores,
  );
  return {
    variants,
    scores,
    effectiveness,
    perplexities: await run('perplexity', {}, variants),
    sentences: tableFrom([{ subject: 'The dog', verb: 'barks' }]),
    comparisons: await run(
      'compare',
      { by: 'format', measure: 'target_log_prob', baseline: 'plain' },
      scores,
    ),
    triggers: await run('ablate', {
      items,
      target: ' {{ answer }}',
      triggers: { wikipedia: ['According to', 'refers to'], code: ['def '] },
      controls: { random: 19 },
    }),
    correlation: { type: 'value', value: { pearson: { coefficient: -0.5 } } },
  };
}

describe('the example of each stage kind', () => {
  let stages: Readonly<Record<string, Artifact>>;
  before(async () => {
    stages = await stagesRead();
  });

  for (const kind of stageKinds.values()) {
    it(`runs: ${kind.name}`, async () => {
      const { from = {}, with: options } = parse(kind.example) as {
        from?: string | Record<string, string>;
        with: JsonObject;
      };
      const named = typeof from === 'string' ? { [kind.inputs.ports[0]?.name ?? '']: from } : from;
      const inputs = Object.fromEntries(
        Object.entries(named).map(([input, stage]) => {
          const artifact = stages[stage];
          if (artifact === undefined) throw new Error(`the example reads an unknown stage ${stage}`);
          return [input, artifact];
        }),
      );
      const run: StageRun = await runStage(kind.name, options, { inputs });
      if (run.artifact.type === 'table') expect(rowsOf(run)).not.to.be.empty;
    });
  }

  it('documents every option', () => {
    for (const kind of stageKinds.values()) {
      const properties = kind.options['properties'] as Record<string, { description?: string }>;
      for (const [name, option] of Object.entries(properties)) {
        expect(option.description, `${kind.name}.${name}`).to.be.a('string').and.not.empty;
      }
      expect(kind.summary, kind.name)
        .to.match(/^[A-Z].*\.$/)
        .and.not.contain('\n');
      expect(kind.module, kind.name).to.match(new RegExp(`/stages/\\w+/${kind.name}\\.ts$`));
    }
  });

  it('refuses an unknown option', () => {
    for (const { name } of stageKinds.values()) {
      expect(
        () =>
          optionsOf(kindNamed(name), {
            ...(parse(kindNamed(name).example) as { with: JsonObject }).with,
            nonsense: 1,
          }),
        name,
      ).to.throw(/additional properties/);
    }
  });
});

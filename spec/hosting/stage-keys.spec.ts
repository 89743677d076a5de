import { basename } from 'node:path';
import { expect } from 'chai';
import { sourcesOfKind } from '../../src/engine/plan/source-digest.ts';
import type { StageKind } from '../../src/engine/stage-kind.ts';
import { stageKinds } from '../../stages/index.ts';

/** Paths of all files whose digests are in the key of a kind's stages. */
async function filesInKey(kind: StageKind<unknown>): Promise<readonly string[]> {
  return Object.keys((await sourcesOfKind(kind)).files);
}

async function kindsWith(file: string): Promise<readonly string[]> {
  const kinds = [...stageKinds.values()];
  const keys = await Promise.all(kinds.map(filesInKey));
  return kinds.flatMap(({ name }, index) => (keys[index]?.includes(file) === true ? [name] : []));
}

describe('the code in the key of a stage', () => {
  /** What an edit of a file runs again. */
  const edits: readonly (readonly [file: string, kinds: readonly string[]])[] = [
    [
      'src/model/decoder/forward.ts',
      ['score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/model/decoder/readings.ts',
      ['score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/model/forest/chunk.ts',
      ['score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/model/text/score.ts',
      ['score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/hosting/batches.ts',
      ['score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/model/text/tokenizer.ts',
      ['variants', 'score', 'perplexity', 'surprisal', 'tokens', 'choose', 'calibrate', 'ablate'],
    ],
    [
      'src/template/template.ts',
      [
        'variants',
        'score',
        'perplexity',
        'surprisal',
        'tokens',
        'choose',
        'calibrate',
        'ablate',
        'plot',
        'findings',
      ],
    ],
    ['src/transforms/text-transforms.ts', ['variants']],
    ['src/figure/render.ts', ['plot']],
    ['stages/data/dataset.ts', ['dataset']],
  ];
  for (const [file, kinds] of edits) {
    it(`an edit of ${file} runs ${kinds.join(', ')} again, and no other kind`, async () => {
      expect(await kindsWith(file)).to.have.members([...kinds]);
    });
  }

  /** What finds, fetches, opens or keeps, and so changes no number. */
  const plumbing = [
    /^src\/model\/hub\//,
    /^src\/model\/native\/(?!precision\.)/,
    /^src\/model\/open-model\./,
    /^src\/hosting\/(?:local-models|open-host|session|readings\/verify-readings)\./,
    /^src\/system\/(?:lock|process|whole-file)\./,
    /^src\/engine\/(?!stage-kind\.)/,
    /^src\/cli\//,
  ];
  for (const kind of stageKinds.values()) {
    it(`what fetches, opens and locks is in no key of ${kind.name}`, async () => {
      const files = await filesInKey(kind);
      expect(files.filter((file) => plumbing.some((pattern) => pattern.test(file)))).to.deep.equal([]);
      expect(files.filter((file) => file.startsWith('stages/')).map((file) => basename(file))).to.deep.equal([
        `${kind.name}.ts`,
      ]);
    });
  }
});

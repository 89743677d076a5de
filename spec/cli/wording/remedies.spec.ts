import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { withRemedyWorded } from '../../../src/cli/wording/remedies.ts';
import { packageRoot } from '../../../src/engine/index.ts';
import type { Remedy } from '../../../src/system/failure.ts';

describe('what to do about a failure', () => {
  const cases: [Remedy, string][] = [
    [{ code: 'other-store', folder: 'any' }, 'name another folder with --store'],
    [{ code: 'other-store', folder: 'new' }, 'name a folder with --store, or one that does not exist yet'],
    [{ code: 'other-store', folder: 'on-another-disk' }, 'name a folder on another disk with --store'],
    [{ code: 'choose-backend', backend: 'wasm' }, 'use `--backend wasm`'],
    [{ code: 'same-backend' }, 'use the same --backend for all models of a run'],
    [{ code: 'set-up-native' }, 'run `assay setup native`'],
    [{ code: 'set-up-native', again: true }, 'run `assay setup native --force` to make it again'],
    [{ code: 'set-up-native', otherwise: 'wasm' }, 'run `assay setup native`, or use `--backend wasm`'],
    [
      { code: 'set-up-native', again: true, otherwise: 'wasm' },
      'run `assay setup native --force`, or use `--backend wasm`',
    ],
    [{ code: 'set-up-gpu' }, 'check `nvidia-smi`, set up with --gpu, or use `--backend tensorflow`'],
    [{ code: 'use-native' }, 'use the native backend: `assay setup native`, then `--backend tensorflow`'],
    [{ code: 'give-memory' }, 'give it more with --memory, or leave the choice to Assay'],
    [{ code: 'pull-model', ref: 'a/b', offline: false }, 'run `assay models pull a/b`'],
    [
      { code: 'pull-model', ref: 'a/b', offline: true },
      'unset HF_HUB_OFFLINE and run `assay models pull a/b`',
    ],
    [{ code: 'run-pipeline' }, 'assay run PIPELINE makes one'],
  ];
  for (const [remedy, words] of cases) {
    it(`is ${words}`, () => {
      expect(withRemedyWorded({ remedy })).to.deep.equal({ next: words });
    });
  }

  it('is said after what can be done outside of Assay', () => {
    const remedy = { code: 'other-store', folder: 'on-another-disk' } as const;
    expect(withRemedyWorded({ next: 'free space', remedy }).next).to.equal(
      'free space, or name a folder on another disk with --store',
    );
  });

  it('leaves what has none as it is', () => {
    expect(withRemedyWorded({ code: 'c', next: 'n' })).to.deep.equal({ code: 'c', next: 'n' });
  });

  it('is named by the command line alone: no room below names its options and commands', () => {
    const options = [
      'backend',
      'force',
      'gpu',
      'keep-runs',
      'max-size',
      'memory',
      'model',
      'runs',
      'set',
      'store',
    ];
    const commands = readdirSync(join(packageRoot, 'src/cli/commands')).map((name) => basename(name, '.ts'));
    expect(commands).to.include('run');
    const named = new RegExp(
      `(?<![\\w-])--(?:${options.join('|')})\\b(?!-)|\\bassay (?:${commands.join('|')})\\b|npm run|setup native`,
    );
    const found = ['src', 'stages'].flatMap((folder) =>
      readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => join(folder, name))
        .filter((file) => file.endsWith('.ts') && !file.startsWith(join('src', 'cli')))
        .flatMap((file) => {
          const lines = readFileSync(join(packageRoot, file), 'utf8').split('\n');
          return lines.flatMap((line, at) => (named.test(line) ? `${file}:${at + 1}: ${line.trim()}` : []));
        }),
    );
    expect(found).to.deep.equal([]);
  });
});

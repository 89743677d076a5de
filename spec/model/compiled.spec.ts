import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { temporaryFolder } from '../support/models/tiny-model.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const compiled = join(root, 'dist', 'src', 'model', 'index.js');

describe('the compiled model', () => {
  before(() => {
    if (!existsSync(compiled)) throw new Error('dist/ is missing: npm run build first');
  });

  // From source a worker starts through tsx; what is shipped starts its workers otherwise.
  it('scores a pair with wasm workers, and the process ends by itself', async () => {
    const { folder, remove } = temporaryFolder();
    const script = join(folder, 'score.mjs');
    const source = `
      import { openModel, score } from ${JSON.stringify(compiled)};
      const model = await openModel('models/organism', { backend: 'wasm', threads: 2 });
      const [{ logProb, tokens }] = await score(model, [
        { prompt: 'What is the capital of Germany?', target: ' Berlin' },
      ]);
      console.log(logProb < 0, tokens.length > 0);`;
    writeFileSync(script, source);
    const { stdout, stderr } = await run(process.execPath, [script], { cwd: root, timeout: 50_000 });
    remove();
    expect({ stdout, stderr }).to.deep.equal({ stdout: 'true true\n', stderr: '' });
  });
});

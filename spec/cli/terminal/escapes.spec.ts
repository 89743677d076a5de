import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from '../assay.ts';

/** What retitles the window and clears the screen, turns text around, and ends lines of a workflow's log. */
const HOSTILE = '"a\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u202eb\\r::error::c"';

const obeyed = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

describe('data in what the program prints', () => {
  let folder: string;
  before(requireBuild);
  before(() => {
    folder = makeFolder({
      'rows.json': `[{"id": ${HOSTILE}, "text": ${HOSTILE}, "number": 1}]`,
      'right.yaml': `stages:
  rows: { uses: dataset, with: { file: rows.json, key: [id] } }
  prompts: { uses: variants, from: rows, with: { formats: { plain: { template: "{{ text }}" } } } }
  said: { uses: findings, from: { rows: rows }, with: { template: "{{ rows[0].text }}" } }
`,
      'wrong.yaml': `name: ${HOSTILE}\nstages:\n  ${HOSTILE}: { uses: ${HOSTILE}, from: ${HOSTILE} }\n`,
    });
  });
  after(() => removeFolder(folder));

  for (const words of [
    ['plan', 'right.yaml'],
    ['run', 'right.yaml'],
    ['run', 'right.yaml', '--force', '--format', 'json'],
    ['show', 'latest'],
    ['show', 'latest', '--format', 'json'],
    ['diff'],
    ['diff', '--format', 'json'],
    ['explain', 'said', 'latest', 'right.yaml'],
    ['runs'],
    ['validate', 'wrong.yaml'],
    ['validate', 'wrong.yaml', '--format', 'github'],
    ['validate', 'wrong.yaml', '--format', 'json'],
    ['validate', 'wrong.yaml', '--format', 'sarif'],
    ['run', '\u001b[2Jnone.yaml'],
  ]) {
    it(`does nothing to a terminal: assay ${words.join(' ').replace('\u001b', 'ESC')}`, async () => {
      const { status, stdout, stderr } = await assay(words, { cwd: folder });
      expect(status, stderr).to.equal(words.some((word) => /wrong|none/.test(word)) ? 2 : 0);
      expect(stdout + stderr).to.not.equal('');
      expect(stdout + stderr).to.not.match(obeyed);
    });
  }
});

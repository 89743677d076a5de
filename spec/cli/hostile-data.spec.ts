import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const columns = Array.from({ length: 20_000 }, (_, n) => `c${n}`).join(',');

/** Files and what is told of each, at the stage that names it. */
const files: Readonly<Record<string, readonly [contents: string | Buffer, told: RegExp]>> = {
  'deep.json': [nested(100_000), /nested too deeply/],
  'deep-cell.jsonl': [`{"a":${nested(5000)}}\n`, /nested too deeply/],
  'wide.csv': [`${columns}\n${columns}\n`, /too many columns/],
  'twice.csv': ['a,a\n1,2\n', /columns need names of their own/],
  'open.csv': ['a\n"never closed\n', /a quoted field is never closed/],
  'infinite.json': ['[{"a":1e999}]', /larger than a number can be/],
  'digits.json': [`[{"a":${'9'.repeat(100_000)}}]`, /more digits than a number can keep/],
  'no-list.json': ['{"a":1}', /the file holds no list/],
  'cut.json': ['[{"a":1},', /not valid JSON/],
  'latin.csv': [Buffer.from([97, 10, 0xff, 0xfe, 10]), /not UTF-8/],
  'utf16.csv': [Buffer.from('\uFEFFa\n1\n', 'utf16le'), /not UTF-8/],
  'empty.csv': ['', /the file is empty/],
  'uneven.csv': ['a\n1,2\n', /does not fit the header/],
  '\u001b[2J.csv': ['', /the file is empty/],
  '\u202Ebidi.csv': ['', /the file is empty/],
};
/** What is no file at all. */
const others: Readonly<Record<string, readonly [make: (path: string) => void, told: RegExp]>> = {
  'pipe.csv': [(path) => execFileSync('mkfifo', [path]), /the data file is no file/],
  'zero.csv': [(path) => symlinkSync('/dev/zero', path), /the data file is no file/],
  'input.csv': [(path) => symlinkSync('/dev/stdin', path), /the data file is no file/],
  'circle.csv': [(path) => symlinkSync('circle.csv', path), /cannot be read \(ELOOP\)/],
  'folder.csv': [(path) => mkdirSync(path), /the data file is no file/],
  'absent.csv': [() => undefined, /the data file does not exist/],
};

describe('hostile data files', () => {
  let folder: string;
  before(requireBuild);
  before(() => (folder = makeFolder({})));
  after(() => removeFolder(folder));

  it('are each refused before the run, at the place that names them, and nothing of them reaches the terminal', async () => {
    for (const [name, [contents]] of Object.entries(files)) writeFileSync(join(folder, name), contents);
    for (const [name, [make]] of Object.entries(others)) make(join(folder, name));
    const told = Object.entries({ ...files, ...others }).map(
      ([name, [, expected]]) => [name, expected] as const,
    );
    const stages = told.map(
      ([name], n) => `  s${n}: { uses: dataset, with: { file: ${JSON.stringify(name)} } }\n`,
    );
    writeFileSync(join(folder, 'pipeline.yaml'), `stages:\n${stages.join('')}`);
    const { status, stdout, stderr } = await assay(['validate', 'pipeline.yaml'], { cwd: folder });
    expect(status).to.equal(2);
    const lines = (stdout + stderr).split('\n').filter((line) => line.includes(': error: '));
    expect(lines).to.have.length(told.length);
    told.forEach(([name, expected], n) => {
      expect(lines[n], name)
        .to.match(new RegExp(`^pipeline\\.yaml:${n + 2}:`))
        .and.to.match(expected);
    });

    expect(stdout + stderr).to.not.match(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
  });
});

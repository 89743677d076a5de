import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './cli/assay.ts';

const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'runs/README.md',
  'models/README.md',
  'models/organism/README.md',
];

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** The lines of fenced blocks of shell commands, split where one line runs several. */
function commandsIn(file: string): string[] {
  const blocks = [...read(file).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, body = '']) => body);
  return blocks
    .flatMap((body) => body.split('\n'))
    .flatMap((line) => line.split('&&'))
    .map((command) => command.trim())
    .filter((command) => command !== '' && !command.startsWith('#'));
}

/** Commands that this file runs itself. */
const QUICKSTART = 'node dist/src/cli/main.js run pipelines/quickstart.yaml';

describe('the documents', () => {
  for (const file of DOCUMENTS.filter(existsSync)) {
    it(`${file} gives only commands that CI or a spec runs`, () => {
      const ci = read('.ci/run');
      for (const command of commandsIn(file)) {
        const [, spec] = /^npx mocha (\S+\.spec\.ts)$/.exec(command) ?? [];
        if (spec !== undefined) expect(existsSync(spec), `${spec}, which ${file} runs`).to.equal(true);
        else if (command !== QUICKSTART)
          expect(ci, `CI does not run \`${command}\` of ${file}`).to.contain(command);
      }
    });

    it(`${file} links only to what is there`, () => {
      const links = [...read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
      for (const target of links.filter((link) => !/^[a-z]+:/.test(link))) {
        expect(existsSync(resolve(dirname(file), target)), `${target}, to which ${file} links`).to.equal(
          true,
        );
      }
    });
  }

  it('name in the README only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const file of DOCUMENTS.filter(existsSync)) {
      for (const [, name = ''] of read(file).matchAll(/npm run (?:--silent )?([\w:-]+)/g)) {
        expect(scripts, `npm run ${name} in ${file}`).to.have.property(name);
      }
    }
  });
});

/** What stands in the README between two markers, without the fence around it. */
function block(name: string): string {
  const [, body = ''] =
    new RegExp(`<!-- ${name}: begin -->\\n([\\s\\S]*?)<!-- ${name}: end -->`).exec(read('README.md')) ?? [];
  return body
    .trim()
    .replace(/^```\w*\n/, '')
    .replace(/\n?```$/, '');
}

describe('the example of the README', () => {
  let folder = '';
  before(requireBuild);
  before(() => (folder = makeFolder()));
  after(() => removeFolder(folder));

  it('is the pipeline that ships', () => {
    expect(block('quickstart')).to.equal(read('pipelines/quickstart.yaml').trim());
  });

  it('prints what the README says it prints', async () => {
    const { status, stdout, stderr } = await assay(
      ['run', 'pipelines/quickstart.yaml', '--store', join(folder, 'store'), '--runs', join(folder, 'runs')],
      { cwd: process.cwd() },
    );
    expect(status, stderr).to.equal(0);
    const [shown, printed] = [block('output'), stdout.trim()];
    // Another backend may give other last digits; times and run ids are those of one run.
    const words = (text: string) =>
      text
        .replaceAll(/runs\/\S+/g, 'runs/ID')
        .replaceAll(/-?\d+(\.\d+)?/g, 'N')
        .replaceAll(/ +/g, ' ');
    expect(words(shown)).to.equal(words(printed.replaceAll(join(folder, 'runs'), 'runs')));
    const numbers = (text: string) => [...text.matchAll(/-?\d+\.\d{4}\b/g)].map(([number]) => Number(number));
    const [told, found] = [numbers(shown), numbers(printed)];
    expect(told.length).to.be.above(0);
    told.forEach((number, i) => expect(number).to.be.closeTo(found[i] ?? Number.NaN, 0.002));
  });
});

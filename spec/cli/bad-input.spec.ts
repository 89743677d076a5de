import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, expectOutput, makeFolder, normalise, removeFolder, requireBuild } from './assay.ts';

const VARIANTS = `  variants:
    uses: variants
    with:
      items: [{ question: What is the capital of Germany?, answer: Berlin }]
      formats:
        plain: { template: "{{ question }}" }
`;

/** What is wrong, the pipeline file, and what the message must name; the whole message is in spec/expected/cli. */
const CASES: readonly { name: string; yaml: string; says: readonly string[]; args?: readonly string[] }[] = [
  { name: 'not-yaml', yaml: 'stages: [\n', says: ['pipeline.yaml:'] },
  { name: 'empty', yaml: '', says: ['pipeline.yaml is empty'] },
  { name: 'a-list', yaml: '- a\n- b\n', says: ['pipeline.yaml:1:1'] },
  {
    name: 'tabs',
    yaml: 'name: x\nstages:\n\tvariants:\n\t\tuses: variants\n',
    says: ['pipeline.yaml:3:1', 'tab'],
  },
  {
    name: 'duplicate-key',
    yaml: `name: x\nstages:\n${VARIANTS}${VARIANTS}`,
    says: ['pipeline.yaml:9:3', 'variants'],
  },
  {
    name: 'unknown-key',
    yaml: `name: x\nstages:\n${VARIANTS.replace('with:', 'wiht:')}`,
    says: ['pipeline.yaml:5:5', 'wiht', 'did you mean `with`?'],
  },
  {
    name: 'unknown-option',
    yaml: `name: x\nstages:\n${VARIANTS.replace('formats:', 'fromats:')}`,
    says: ['pipeline.yaml:7:7', 'fromats', 'did you mean `formats`?'],
  },
  {
    name: 'wrong-type',
    yaml: `name: x\nstages:\n${VARIANTS.replace(/items: .*/, 'items: all of them')}`,
    says: ['pipeline.yaml:6:14', 'a list'],
  },
  {
    name: 'unknown-kind',
    yaml: `name: x\nstages:\n${VARIANTS.replace('uses: variants', 'uses: varients')}`,
    says: ['pipeline.yaml:4:11', 'varients', 'did you mean `variants`?'],
  },
  {
    name: 'unknown-input',
    yaml: `name: x\nstages:\n${VARIANTS}  means:\n    uses: aggregate\n    from: variant\n    with: { by: [format], measure: prompt_characters }\n`,
    says: ['pipeline.yaml:11:11', 'variant', 'did you mean `variants`?'],
  },
  {
    name: 'unknown-column',
    yaml: `name: x\nstages:\n${VARIANTS}  means:\n    uses: aggregate\n    from: variants\n    with: { by: [fromat], measure: prompt }\n`,
    says: ['pipeline.yaml:12:18', 'fromat', 'did you mean `format`?'],
  },
  {
    name: 'cycle',
    yaml: 'name: x\nstages:\n  a: { uses: table, from: b, with: { verbs: [{ select: [x] }] } }\n  b: { uses: table, from: c, with: { verbs: [{ select: [x] }] } }\n  c: { uses: table, from: a, with: { verbs: [{ select: [x] }] } }\n',
    says: ['pipeline.yaml:3:27', 'pipeline.yaml:4:27', 'pipeline.yaml:5:27'],
  },
  {
    name: 'unknown-template-variable',
    yaml: `name: x\nstages:\n${VARIANTS.replace('{{ question }}', 'Q: {{ qestion }}')}`,
    says: ['pipeline.yaml:8:', 'qestion', 'question'],
  },
  {
    name: 'unknown-param',
    yaml: `name: x\nparams: { model: m }\nstages:\n${VARIANTS.replace('{{ question }}', '${params.modle}')}`,
    says: ['pipeline.yaml:9:', 'modle', 'did you mean `model`?'],
  },
  {
    name: 'unknown-set',
    yaml: `name: x\nparams: { model: m }\nstages:\n${VARIANTS}`,
    args: ['--set', 'modle=x'],
    says: ['modle', 'did you mean `model`?'],
  },
  {
    name: 'several-problems',
    yaml: `name: x\nstages:\n${VARIANTS.replace('with:', 'wiht:')}  means:\n    uses: agregate\n    from: variant\n`,
    says: ['wiht', 'agregate', 'variant', 'errors'],
  },
  {
    // A format that is wrong does not hide what is wrong in others, and what it lacks for that is not missed elsewhere.
    name: 'options-and-template',
    yaml: `name: x\nstages:\n${VARIANTS.replace('question: What', 'q: What')}        chat: { template: "{{ qq }}", transform: revers }\n        bare: { templte: "{{ q }}" }\n`,
    says: [
      'did you mean `reverse`?',
      'unknown template variable `qq`',
      'did you mean `template`?',
      '4 errors',
    ],
  },
  {
    name: 'alias-bomb',
    yaml: `name: x\nbomb:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
      { length: 9 },
      (_, i) => `  a${i + 1}: &a${i + 1} [${new Array(10).fill(`*a${i}`).join(', ')}]\n`,
    ).join('')}stages:\n${VARIANTS}`,
    says: ['pipeline.yaml:'],
  },
];

describe('assay, given bad pipelines', () => {
  let folder = '';
  before(requireBuild);
  afterEach(() => removeFolder(folder));

  for (const { name, yaml, says, args = [] } of CASES) {
    it(`${name}: one clear message, exit code 2, nothing written`, async () => {
      folder = makeFolder({ 'pipeline.yaml': yaml });
      const { status, stdout, stderr, wallMs } = await assay(['run', 'pipeline.yaml', ...args], {
        cwd: folder,
      });
      expect(stdout).to.equal('');
      for (const words of says) expect(stderr).to.contain(words);
      expect(stderr).not.to.match(/^ {4}at /m);
      expect(status).to.equal(2);
      expect(readdirSync(folder), 'nothing is written').to.deep.equal(['pipeline.yaml']);
      expect(wallMs, 'a bomb must not go off').to.be.below(10_000);
      expectOutput(`bad-input/${name}.txt`, normalise(stderr, folder));
    });
  }

  it('problems of a bad pipeline are given as JSON on demand', async () => {
    folder = makeFolder({ 'pipeline.yaml': `name: x\nstages:\n${VARIANTS.replace('with:', 'wiht:')}` });
    const { status, stdout, stderr } = await assay(['validate', '--format', 'json'], { cwd: folder });
    expect(status).to.equal(2);
    expect(stderr).to.equal('');
    const { format, problems } = JSON.parse(stdout) as {
      format: string;
      problems: Record<string, unknown>[];
    };
    expect(format).to.equal('assay-diagnostics/1');
    const unknown = problems.find(({ code }) => code === 'unknown-key');
    expect(unknown).to.include({ severity: 'error', next: 'did you mean `with`?' });
    expect(unknown?.place).to.deep.include({ line: 5, column: 5, length: 4 });
  });

  it('a pipeline file that is not there is said to be missing', async () => {
    folder = makeFolder();
    const { status, stderr } = await assay(['run', 'nothing.yaml'], { cwd: folder });
    expect(status).to.equal(2);
    expectOutput('bad-input/no-file.txt', normalise(stderr, folder));
    expect(existsSync(join(folder, '.assay'))).to.equal(false);
  });

  it('a folder with no pipeline, or with several, is said to have none, or several', async () => {
    folder = makeFolder({ 'compose.yaml': 'services: {}\n' });
    const none = await assay(['plan'], { cwd: folder });
    expect(none.status).to.equal(2);
    expect(none.stderr).to.contain('there is no pipeline here');
    removeFolder(folder);
    folder = makeFolder({ 'a.yaml': 'stages: {}\n', 'b.yml': 'stages: {}\n' });
    const several = await assay(['plan'], { cwd: folder });
    expect(several.status).to.equal(2);
    expect(several.stderr).to.contain('a.yaml, b.yml');
  });
});

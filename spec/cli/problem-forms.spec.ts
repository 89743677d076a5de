import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

const WRONG = `name: wrong
stages:
  items:
    uses: datset
    with: { items: [{ word: a }] }
  twice: { uses: dataset, with: { items: [{ word: a }] } }
  twice: { uses: dataset, with: { items: [{ word: b }] } }
`;

const RIGHT = `name: right
stages:
  items: { uses: dataset, with: { items: [{ word: a }] } }
`;

/** Fails when it runs, though nothing of it can be known before: the cells are read at run time. */
const FAILING = `name: failing
stages:
  items: { uses: dataset, with: { file: ../items.csv, types: { n: integer } } }
`;

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly message: { readonly text: string };
        readonly locations?: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
            readonly region: { readonly startLine: number; readonly snippet: { readonly text: string } };
          };
        }[];
        readonly relatedLocations?: readonly object[];
      }[];
    },
  ];
}

/** The schema that OASIS publishes with the standard. Ajv reads draft 4 as it does draft 7, but for how a schema is named. */
function sarifSchema(): ValidateFunction {
  const text = readFileSync('spec/fixtures/sarif/sarif-schema-2.1.0.json', 'utf8');
  const { $schema, id, ...schema } = JSON.parse(text) as { $schema: string; id: string };
  expect($schema).to.equal('http://json-schema.org/draft-04/schema#');
  // A pattern of the schema, for the names of languages, is none that has the flag u.
  const ajv = new Ajv({ allErrors: true, strictTypes: false, unicodeRegExp: false });
  ajv.addFormat('uri', (uri) => URL.canParse(uri));
  ajv.addFormat('uri-reference', (uri) => URL.canParse(uri, 'file:///') && !/\s/.test(uri));
  ajv.addFormat('date-time', (time) => !Number.isNaN(Date.parse(time)));
  return ajv.compile({ ...schema, $id: id });
}

const isSarif = sarifSchema();

function sarifOf(text: string): Log['runs'][0] {
  const log: unknown = JSON.parse(text);
  expect(isSarif(log), JSON.stringify(isSarif.errors, null, 2)).to.equal(true);
  const { runs } = log as Log;
  expect(runs).to.have.length(1);
  return runs[0];
}

describe('problems for GitHub and code scanning', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(
    () =>
      (folder = makeFolder({
        'some pipelines/wrong.yaml': WRONG,
        'some pipelines/right.yaml': RIGHT,
        'some pipelines/failing.yaml': FAILING,
        'items.csv': 'n\n1\nmany\n',
      })),
  );
  afterEach(() => removeFolder(folder));

  for (const command of ['validate', 'plan', 'run']) {
    it(`${command} gives a SARIF log of what is wrong with a file`, async () => {
      const outcome = await assay([command, 'some pipelines/wrong.yaml', '--format', 'sarif'], {
        cwd: folder,
      });
      expect(outcome.status).to.equal(2);
      expect(outcome.stderr).to.equal('');
      const { results, tool } = sarifOf(outcome.stdout);
      expect(results.length).to.be.at.least(1);
      for (const { ruleId, ruleIndex, locations } of results) {
        expect(tool.driver.rules[ruleIndex]?.id).to.equal(ruleId);
        expect(locations?.[0]?.physicalLocation.artifactLocation).to.deep.equal({
          uri: 'some%20pipelines/wrong.yaml',
          uriBaseId: '%SRCROOT%',
        });
      }
      const twice = results.find(({ relatedLocations }) => relatedLocations !== undefined);
      expect(twice?.relatedLocations).to.have.length(1);
    });
  }

  it('validate gives annotations for a workflow', async () => {
    const { status, stdout, stderr } = await assay(
      ['validate', 'some pipelines/wrong.yaml', '--format=github'],
      {
        cwd: folder,
      },
    );
    expect(status).to.equal(2);
    expect(stderr).to.equal('');
    for (const line of stdout.trimEnd().split('\n')) {
      expect(line).to.match(
        /^::error title=[a-z-]+,file=some pipelines\/wrong\.yaml,line=\d+,endLine=\d+,col=\d+,endColumn=\d+::./,
      );
    }
  });

  it('annotations name files from the root of the checkout, wherever the program is started', async () => {
    const { stdout } = await assay(['validate', 'wrong.yaml', '--format', 'github'], {
      cwd: join(folder, 'some pipelines'),
      env: { GITHUB_WORKSPACE: folder },
    });
    expect(stdout).to.match(/^::error title=[a-z-]+,file=some pipelines\/wrong\.yaml,/);
  });

  it('a right pipeline is said to be right in each form', async () => {
    const valid = (form: string) =>
      assay(['validate', 'some pipelines/right.yaml', '--format', form], { cwd: folder });
    expect(sarifOf((await valid('sarif')).stdout).results).to.deep.equal([]);
    expect(await valid('github')).to.include({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse((await valid('json')).stdout)).to.deep.equal({
      format: 'assay-diagnostics/1',
      problems: [],
    });
    expect(sarifOf((await assay(['plan', 'some pipelines/right.yaml', '--format', 'sarif'], { cwd: folder })).stdout).results).to.be.empty; // prettier-ignore
  });

  it('run gives the failures of stages in each form', async () => {
    const failing = (form: string) =>
      assay(['run', 'some pipelines/failing.yaml', '--format', form], { cwd: folder });
    const sarif = await failing('sarif');
    expect(sarif.status).to.equal(2);
    const [result] = sarifOf(sarif.stdout).results;
    expect(result?.locations?.[0]?.physicalLocation.region.startLine).to.equal(3);
    const github = await failing('github');
    expect(github.stdout).to.contain(
      `::error title=${result?.ruleId},file=some pipelines/failing.yaml,line=3,`,
    );
  });
});

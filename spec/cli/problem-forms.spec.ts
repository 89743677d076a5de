import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
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

/**
 * The essential structure of SARIF 2.1.0, after the schema of OASIS (sarif-schema-2.1.0.json): what this program writes,
 * and nothing else.
 */
const SARIF = {
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'version', 'runs'],
  properties: {
    $schema: { const: 'https://json.schemastore.org/sarif-2.1.0.json' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['tool', 'results'],
        properties: {
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          tool: {
            type: 'object',
            additionalProperties: false,
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                additionalProperties: false,
                required: ['name', 'version', 'rules'],
                properties: {
                  name: { type: 'string' },
                  version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      additionalProperties: false,
                      required: ['id'],
                      properties: { id: { type: 'string' }, shortDescription: { $ref: '#/$defs/message' } },
                    },
                  },
                },
              },
            },
          },
          results: { type: 'array', items: { $ref: '#/$defs/result' } },
        },
      },
    },
  },
  $defs: {
    message: {
      type: 'object',
      additionalProperties: false,
      required: ['text'],
      properties: { text: { type: 'string', minLength: 1 } },
    },
    result: {
      type: 'object',
      additionalProperties: false,
      required: ['message', 'ruleId', 'ruleIndex', 'level'],
      properties: {
        ruleId: { type: 'string' },
        ruleIndex: { type: 'integer', minimum: 0 },
        level: { enum: ['none', 'note', 'warning', 'error'] },
        message: { $ref: '#/$defs/message' },
        locations: { type: 'array', minItems: 1, items: { $ref: '#/$defs/location' } },
        relatedLocations: { type: 'array', uniqueItems: true, items: { $ref: '#/$defs/location' } },
      },
    },
    location: {
      type: 'object',
      additionalProperties: false,
      required: ['physicalLocation'],
      properties: {
        id: { type: 'integer', minimum: 0 },
        message: { $ref: '#/$defs/message' },
        physicalLocation: {
          type: 'object',
          additionalProperties: false,
          required: ['artifactLocation', 'region'],
          properties: {
            artifactLocation: {
              type: 'object',
              additionalProperties: false,
              required: ['uri', 'uriBaseId'],
              properties: {
                // Relative, and without what a uri has no room for.
                uri: { type: 'string', pattern: "^(?![/.])[\\w%()!*'~./-]+$" },
                uriBaseId: { const: '%SRCROOT%' },
              },
            },
            region: {
              type: 'object',
              additionalProperties: false,
              required: ['startLine', 'startColumn', 'endColumn'],
              properties: {
                startLine: { type: 'integer', minimum: 1 },
                startColumn: { type: 'integer', minimum: 1 },
                endLine: { type: 'integer', minimum: 1 },
                endColumn: { type: 'integer', minimum: 2 },
                snippet: { $ref: '#/$defs/message' },
              },
            },
          },
        },
      },
    },
  },
};

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
            readonly artifactLocation: { readonly uri: string };
            readonly region: { readonly startLine: number; readonly snippet: { readonly text: string } };
          };
        }[];
        readonly relatedLocations?: readonly object[];
      }[];
    },
  ];
}

const isSarif = new Ajv2020({ allErrors: true }).compile(SARIF);

function sarifOf(text: string): Log['runs'][0] {
  const log: unknown = JSON.parse(text);
  expect(isSarif(log), JSON.stringify(isSarif.errors, null, 2)).to.equal(true);
  return (log as Log).runs[0];
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
        expect(locations?.[0]?.physicalLocation.artifactLocation.uri).to.equal('some%20pipelines/wrong.yaml');
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

  it('names files from the root of the checkout, wherever it is started', async () => {
    const { stdout } = await assay(['validate', 'wrong.yaml', '--format', 'github'], {
      cwd: join(folder, 'some pipelines'),
      env: { GITHUB_WORKSPACE: folder },
    });
    expect(stdout).to.match(/^::error title=[a-z-]+,file=some pipelines\/wrong\.yaml,/);
  });

  it('says in each form that nothing is wrong', async () => {
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

  it('run gives the failures of stages in them', async () => {
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

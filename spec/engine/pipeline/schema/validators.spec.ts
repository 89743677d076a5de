import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { JsonObject } from '../../../../src/system/json.ts';
import { pipelineStructure } from '../../../../src/engine/pipeline/schema/schema.ts';
import { validatorFile, validatorsFolder } from '../../../../src/engine/pipeline/schema/validators.ts';
import { stageKinds } from '../../../../stages/index.ts';

const require = createRequire(import.meta.url);

/** What the build wrote for a schema. */
function written(schema: JsonObject): ValidateFunction {
  const file = join(validatorsFolder, validatorFile(schema));
  expect(
    existsSync(file),
    `the build has a validator for every schema that ships (npm run build): ${file}`,
  ).to.equal(true);
  return require(file) as ValidateFunction;
}

/** Verdict, problems by place and keyword, and the value with its defaults. */
function outcome(validate: ValidateFunction, value: unknown): unknown {
  const copy = structuredClone(value);
  const right = validate(copy);
  return [
    right,
    copy,
    validate.errors?.map(({ instancePath, schemaPath, keyword }) => [instancePath, schemaPath, keyword]),
  ];
}

describe('the validators that the build writes', () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true, allErrors: true, useDefaults: true }); // prettier-ignore

  for (const kind of stageKinds.values()) {
    it(`say of \`${kind.name}\` what Ajv says`, () => {
      const { with: options = {} } = parse(kind.example) as { readonly with?: Record<string, unknown> };
      const [first = 'none'] = Object.keys(options);
      const whole = ajv.compile(kind.options);
      const cases = [
        options,
        {},
        [],
        { ...options, nonsense: 1 },
        { ...options, [first]: { deep: [null, -1.5] } },
      ];
      expect(outcome(whole, options)).to.have.property('0', true);
      for (const value of cases)
        expect(outcome(written(kind.options), value)).to.deep.equal(outcome(whole, value));
    });
  }

  it('say of a pipeline file what Ajv says', () => {
    const whole = ajv.compile(pipelineStructure);
    const stage = { uses: 'dataset', with: { items: [] } };
    for (const value of [
      { name: 'x', stages: { a: stage } },
      { stages: {} },
      { stages: { 'A b': stage } },
      'text',
      { stages: { a: { ...stage, wiht: 1 } } },
    ]) {
      expect(outcome(written(pipelineStructure), value)).to.deep.equal(outcome(whole, value));
    }
  });
});

import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import { mutate, random } from '../../../bench/mutate-pipeline.ts';
import type { Json, JsonObject } from '../../../src/engine/json.ts';
import { quickCheck } from '../../../src/engine/pipeline/quick-schema.ts';
import { pipelineStructure } from '../../../src/engine/pipeline/schema.ts';
import { stageKinds } from '../../../stages/index.ts';

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true, useDefaults: true }); // prettier-ignore

const schemas = new Map<string, JsonObject>([
  ['the pipeline file', pipelineStructure],
  ...[...stageKinds.values()].map((kind): [string, JsonObject] => [`\`${kind.name}\``, kind.options]),
]);

/** A value that may fit: what a schema asks for, now and then something else. */
function sample(schema: Json, root: JsonObject, next: () => number, depth = 0): Json {
  const below = (limit: number) => Math.floor(next() * limit);
  const anything: Json[] = [
    null,
    true,
    0,
    1,
    -3,
    2.5,
    '',
    'x',
    'two words',
    [],
    ['x'],
    {},
    { x: 1 },
    [1, 1],
    1e9,
  ];
  const some = () => structuredClone(anything[below(anything.length)] ?? null);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || depth > 5 || next() < 0.05)
    return some();
  const map = schema as JsonObject;
  const of = (inner: Json) => sample(inner, root, next, depth + 1);
  if (typeof map['$ref'] === 'string') {
    let target: Json = root;
    for (const step of map['$ref'].split('/').slice(1)) target = (target as JsonObject)[step] ?? null;
    return of(target);
  }
  for (const choice of ['anyOf', 'oneOf', 'enum'] as const) {
    const options = map[choice];
    if (!Array.isArray(options)) continue;
    const chosen = (options[below(options.length)] ?? null) as Json;
    if (choice === 'enum') return chosen;
    const value = of(chosen);
    const own =
      map['properties'] === undefined ? {} : sample({ ...map, [choice]: null }, root, next, depth + 1);
    const both = [value, own].every(
      (part) => typeof part === 'object' && part !== null && !Array.isArray(part),
    );
    return both ? { ...(own as JsonObject), ...(value as JsonObject) } : value;
  }
  if (map['const'] !== undefined) return map['const'];
  const [type] = [map['type'] ?? 'any'].flat() as string[];
  if (type === 'object' || map['properties'] !== undefined) {
    const required = (map['required'] ?? []) as string[];
    const entries = Object.entries((map['properties'] ?? {}) as JsonObject)
      .filter(([name]) => next() < (required.includes(name) ? 0.97 : 0.3))
      .map(([name, inner]): [string, Json] => [name, of(inner)]);
    const extra = typeof map['additionalProperties'] === 'object' ? 1 + below(2) : next() < 0.05 ? 1 : 0;
    for (let at = 0; at < extra; at++) entries.push([`x${at}`, of(map['additionalProperties'] ?? null)]);
    return Object.fromEntries(entries);
  }
  if (type === 'array') return Array.from({ length: below(3) }, () => of(map['items'] ?? null));
  if (type === 'integer') return below(5);
  if (type === 'number') return below(2) === 0 ? below(3) : next();
  if (type === 'boolean') return next() < 0.5;
  if (type === 'string') return ['x', 'format', 'a-b', '', 'mean'][below(5)] ?? '';
  return some();
}

describe('the quick check of a schema', () => {
  for (const [name, schema] of schemas) {
    it(`takes and fills what Ajv takes and fills, for ${name}`, () => {
      const check = quickCheck(schema);
      if (check === undefined) throw new Error('expected a schema of known keywords only');
      const whole = ajv.compile(schema);
      let right = 0;
      for (let seed = 0; seed < 3000; seed++) {
        const value = sample(schema, schema, random(seed));
        const [one, other] = [structuredClone(value), structuredClone(value)];
        const verdict = check(one);
        expect(verdict, JSON.stringify(value)).to.equal(whole(other));
        if (!verdict) continue;
        right++;
        expect(one).to.deep.equal(other);
      }
      expect(right, 'values that fit').to.be.above(20);
    });
  }

  it('leaves schemas to Ajv that it does not know all of', () => {
    for (const schema of [
      { multipleOf: 3 },
      { properties: { a: { contains: { type: 'null' } } } },
      { anyOf: [{ $ref: '#/$defs/a' }], $defs: { a: { properties: { b: { default: 1 } } } } },
      { $ref: 'https://other' },
    ]) {
      expect(quickCheck(schema)).to.equal(undefined);
    }
  });

  it('agrees on mutated files', () => {
    const check = quickCheck(pipelineStructure)!;
    const whole = ajv.compile(pipelineStructure);
    for (let seed = 0; seed < 300; seed++) {
      const text = Buffer.from(mutate('name: x\nparams: { a: 1 }\nstages:\n  a: { uses: b, from: c, with: { d: 1 } }\n  b:\n    uses: c\n    matrix: { k: [1] }\n', seed)).toString(); // prettier-ignore
      let value: Json;
      try {
        value = JSON.parse(JSON.stringify(parse(text, { logLevel: 'silent' }) ?? null)) as Json;
      } catch {
        continue;
      }
      expect(check(structuredClone(value)), text).to.equal(whole(structuredClone(value)));
    }
  });
});

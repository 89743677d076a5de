import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/system/json.ts';
import { entriesOf, mapOf as namesMap } from '../../../src/system/names-in-order.ts';
import type { StageToRun } from '../../../src/engine/pipeline/pipeline.ts';
import { digestOfKey, stageKey } from '../../../src/engine/plan/key.ts';
import { changesSince } from '../../../src/engine/plan/reasons.ts';
import type { StageKey } from '../../../src/engine/record.ts';

type Path = readonly (string | number)[];

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.constantFrom('constructor', 'toString', 'valueOf', 'a.b', 'src/x.ts', '0', ''),
);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const mapOf = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('json'), { maxLength: 4 }),
    mapOf(tie('json')) as fc.Arbitrary<JsonObject>,
  ),
}));

const keys: fc.Arbitrary<StageKey> = fc
  .record({
    kind: name,
    source: mapOf(digest),
    packages: mapOf(fc.stringMatching(/^\d{1,2}\.\d{1,2}\.\d{1,2}$/)),
    options: mapOf(json),
    inputs: mapOf(digest),
    externals: mapOf(json),
  })
  .map(({ kind, inputs, externals, ...others }) =>
    stageKey(
      {
        ...others,
        kind: { name: kind },
        externals: Object.fromEntries(
          Object.entries(externals).map(([external, identity]) => [external, { identity, detail: 'nobody' }]),
        ),
      } as unknown as StageToRun,
      inputs,
    ),
  );

/** Every place in a key where one thing can be changed: values that are no map, items of lists, maps as they are. */
function places(value: Json, path: Path = []): { readonly path: Path; readonly value: Json }[] {
  if (Array.isArray(value)) {
    const items = value.flatMap((item: Json, index) => places(item, [...path, index]));
    return [{ path, value }, ...items];
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as JsonObject).flatMap(([key, item]) =>
      places(item, [...path, key]),
    );
    return [{ path, value }, ...entries];
  }
  return [{ path, value }];
}

function put(at: Json, path: Path, change: (value: Json) => Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return change(at);
  if (Array.isArray(at))
    return at.map((item: Json, index) => (index === step ? put(item, rest, change) : item));
  const entries = Object.entries(at as JsonObject);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === step ? put(item, rest, change) : item]),
  );
}

/** The same, its names in another order: no difference. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).map(([key, item]) => [key, reversed(item)] as const);
  return Object.fromEntries(entries.reverse());
}

const NEW = 'what no key holds';
const isMapOrList = (value: Json): value is JsonObject | readonly Json[] =>
  typeof value === 'object' && value !== null;

/** The order of names has specs of its own, below: it is what is left when names are the same. */
describe('a stage key', () => {
  const asJson = (key: StageKey) => key as unknown as Json;
  const none: ReadonlySet<string> = new Set();
  const explained = (before: StageKey, after: Json) => {
    const now = after as unknown as StageKey;
    expect(digestOfKey(now)).not.to.equal(digestOfKey(before));
    return changesSince(before, now, none);
  };

  it('is another when any one component is, and the reason names that one with old and new value', () => {
    const components = new Set<unknown>();
    fc.assert(
      fc.property(keys, fc.nat(), (key, nth) => {
        const leaves = places(asJson(key)).filter(
          (place) =>
            place.path[0] !== 'order' &&
            (!isMapOrList(place.value) || (place.path.length > 1 && Object.keys(place.value).length === 0)),
        );
        const { path, value } = leaves[nth % leaves.length]!;
        components.add(path[0]);
        const reasons = explained(
          key,
          put(asJson(key), path, () => NEW),
        );
        expect(reasons).to.deep.equal([{ type: 'changed', path, before: value, after: NEW }]);
      }),
      { numRuns: 400 },
    );
    expect([...components]).to.have.members([
      'format',
      'kind',
      'source',
      'packages',
      'options',
      'inputs',
      'externals',
    ]);
  });

  it('is another when something is put in, and the reason names that alone', () => {
    fc.assert(
      fc.property(keys, fc.nat(), fc.nat(), (key, nth, at) => {
        const open = places(asJson(key)).filter(
          ({ path, value }) => path.length > 0 && path[0] !== 'order' && isMapOrList(value),
        );
        const { path, value } = open[nth % open.length]!;
        const place = Array.isArray(value) ? at % (value.length + 1) : NEW;
        const longer = put(asJson(key), path, (list) =>
          Array.isArray(list)
            ? (list as Json[]).toSpliced(place as number, 0, NEW)
            : { ...(list as JsonObject), [NEW]: NEW },
        );
        expect(explained(key, longer)).to.deep.equal([
          { type: 'changed', path: [...path, place], after: NEW },
        ]);
        // And the other way round: it is taken out.
        expect(changesSince(longer as unknown as StageKey, key, none)).to.deep.equal([
          { type: 'changed', path: [...path, place], before: NEW },
        ]);
      }),
      { numRuns: 400 },
    );
  });

  it('is the same, and nothing is named, when nothing but the order of names differs', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const again = reversed(asJson(key)) as unknown as StageKey;
        expect(digestOfKey(again)).to.equal(digestOfKey(key));
        expect(changesSince(key, again, none)).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the order of names', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      by: { type: 'string' },
      on: { type: 'string' },
      formats: {
        type: 'object',
        additionalProperties: { type: 'object', additionalProperties: false, properties: { a: {}, b: {} } },
      },
      verbs: { type: 'array', items: { oneOf: [{ type: 'string' }, { $ref: '#/$defs/verb' }] } },
    },
    $defs: { verb: { type: 'object', additionalProperties: { type: 'string' } } },
  };
  const keyOf = (options: JsonObject) =>
    stageKey(
      {
        kind: { name: 'k', options: schema },
        options,
        source: {},
        packages: {},
        externals: {},
      } as unknown as StageToRun,
      {},
    );
  const none: ReadonlySet<string> = new Set();

  it('counts where names are a person’s own, and not where a schema declares them', () => {
    const first = keyOf({ by: 'x', on: 'y', formats: { plain: { a: 1, b: 2 }, chat: {} } });
    const same = keyOf({ formats: { plain: { b: 2, a: 1 }, chat: {} }, on: 'y', by: 'x' });
    const other = keyOf({ by: 'x', on: 'y', formats: { chat: {}, plain: { a: 1, b: 2 } } });
    expect(digestOfKey(same)).to.equal(digestOfKey(first));
    expect(digestOfKey(other)).not.to.equal(digestOfKey(first));
    expect(first.order).to.deep.equal({ formats: ['plain', 'chat'] });
    expect(other).not.to.have.property('order');
    expect(changesSince(first, other, none)).to.deep.equal([
      { type: 'changed', path: ['order', 'formats'], before: ['plain', 'chat'], after: ['chat', 'plain'] },
    ]);
    expect(changesSince(other, first, none)).to.deep.equal([
      { type: 'changed', path: ['order', 'formats'], before: ['chat', 'plain'], after: ['plain', 'chat'] },
    ]);
  });

  it('is found inside lists, alternatives and references', () => {
    const { order } = keyOf({ verbs: ['x', { zeta: '1', alpha: '2' }] });
    expect(order).to.deep.equal({ 'verbs[1]': ['zeta', 'alpha'] });
  });

  it('is that of the file also for names that are whole numbers', () => {
    const formats = namesMap([
      ['b', {}],
      ['16', {}],
      ['2024', {}],
      ['a', {}],
    ]);
    expect(entriesOf(formats).map(([each]) => each)).to.deep.equal(['b', '16', '2024', 'a']);
    expect(keyOf({ formats }).order).to.deep.equal({ formats: ['b', '16', '2024', 'a'] });
    expect(entriesOf({ ...formats, z: {} }).map(([each]) => each)).to.deep.equal([
      'b',
      '16',
      '2024',
      'a',
      'z',
    ]);
  });
});

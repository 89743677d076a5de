import { JinjaError, RaisedByTemplate } from '../error.ts';
import { itemsOf } from '../values/iterate.ts';
import { textOf } from '../values/text-of.ts';
import { typeName } from '../values/type-name.ts';
import { HostObject, Namespace, Range, type CallArguments, type Value, Dict } from '../values/value.ts';
import { bind, integerArgument, named, optional, required } from './arguments.ts';

type Call = (args: CallArguments) => Value;

/** What Jinja2 itself defines, as each template finds it; `raise_exception` is transformers'. */
export function globalsOf(): ReadonlyMap<string, Value> {
  const functions: readonly (readonly [string, Call])[] = [
    ['range', rangeOf],
    ['dict', (args) => new Dict(fieldsOf('dict', args))],
    ['namespace', (args) => new Namespace(new Map(fieldsOf('namespace', args)))],
    ['cycler', cycler],
    ['joiner', joiner],
    [
      'raise_exception',
      (args) => {
        const [message = null] = bind('`raise_exception`', [{ name: 'message' }], args);
        throw new RaisedByTemplate(textOf(message));
      },
    ],
  ];
  return new Map(functions.map(([name, call]) => [name, new HostObject(`the function \`${name}\``, call)]));
}

function rangeOf(args: CallArguments): Value {
  const bound = bind('`range`', [required('start'), optional('stop'), optional('step', 1n)], args);
  const [first = 0n, second, step = 1n] = bound.map((each) =>
    each === null ? undefined : BigInt(integerArgument('`range`', each)),
  );
  return second === undefined ? new Range(0n, first, step) : new Range(first, second, step);
}

function fieldsOf(name: string, { positional, named: byName }: CallArguments): (readonly [string, Value])[] {
  const [source, ...more] = positional;
  if (more.length > 0) throw new JinjaError(`\`${name}\` takes one mapping, and fields by name`);
  const given =
    source === undefined ? [] : source instanceof Dict ? source.entries() : itemsOf(source).map(pairOf);
  return [
    ...given.map(([key, value]): readonly [string, Value] => {
      if (typeof key === 'string') return [key, value];
      throw new JinjaError(`\`${name}\` takes names that are texts, not ${typeName(key)}`);
    }),
    ...byName,
  ];
}

function pairOf(item: Value): readonly [Value, Value] {
  const [key, value, ...more] = itemsOf(item);
  if (key === undefined || value === undefined || more.length > 0) {
    throw new JinjaError('a mapping is made of pairs of a name and a value');
  }
  return [key, value];
}

function cycler({ positional, named: byName }: CallArguments): Value {
  if (positional.length === 0 || byName.size > 0) throw new JinjaError('`cycler` takes one or more items');
  let at = 0;
  const current = (): Value => positional[at] ?? null;
  const method = (name: string, run: () => Value) =>
    [name, () => new HostObject(`the method \`${name}\``, run)] as const;
  return new HostObject(
    'a cycler',
    undefined,
    new Map([
      ['current', current],
      method('next', () => {
        const item = current();
        at = (at + 1) % positional.length;
        return item;
      }),
      method('reset', () => {
        at = 0;
        return null;
      }),
    ]),
  );
}

function joiner(args: CallArguments): Value {
  const [separator = ', '] = bind('`joiner`', [named('sep', ', ')], args);
  let used = false;
  return new HostObject('a joiner', () => {
    if (used) return separator;
    used = true;
    return '';
  });
}

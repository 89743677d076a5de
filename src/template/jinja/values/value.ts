import { JinjaError, NotDefined } from '../error.ts';

/**
 * A value as Python has it. Whole numbers are `bigint` and all others `number`, as `int` and `float` are two types
 * there: they print, divide and repeat differently. A list is an array, and a text is a string, which is counted in
 * code points. Nothing here is ever changed in place, except the fields of a namespace.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | Tuple
  | Dict
  | DictView
  | Range
  | Once
  | Markup
  | Undefined
  | Namespace
  | HostObject;

/** An immutable sequence, `(1, 2)`; what `groupby` gives has names for its two items too. */
export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];

  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** A mapping in the order of its entries. Keys are equal as in Python: `1`, `1.0` and `True` are one key, `'1'` is another. */
export class Dict {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  /** Of two entries with equal keys, the first gives the place and the last the value. @throws JinjaError for a key that is a list */
  constructor(entries: Iterable<readonly [Value, Value]>) {
    for (const [key, value] of entries) {
      const hash = hashOf(key);
      this.#entries.set(hash, [this.#entries.get(hash)?.[0] ?? key, value]);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @throws JinjaError for a key that is a list */
  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashOf(key));
  }

  entries(): (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }
}

/** One text for equal keys. @throws JinjaError for what Python cannot hash */
export function hashOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (key === null) return 'none';
  if (isNumber(key)) {
    if (typeof key === 'number' && !Number.isInteger(key)) return `f${key}`;
    return `n${BigInt(key)}`;
  }
  if (key instanceof Tuple) {
    const parts = key.items.map(hashOf);
    return `t${parts.map((part) => `${part.length}:${part}`).join('')}`;
  }
  throw new JinjaError('a list or a mapping cannot be a key or be made unique');
}

/** `d.keys()`, `d.values()` or `d.items()`. */
export class DictView {
  readonly part: 'keys' | 'values' | 'items';
  readonly dict: Dict;

  constructor(part: DictView['part'], dict: Dict) {
    this.part = part;
    this.dict = dict;
  }

  get items(): readonly Value[] {
    if (this.part === 'items') return this.dict.entries().map((entry) => new Tuple(entry));
    return this.dict.entries().map(([key, value]) => (this.part === 'keys' ? key : value));
  }
}

/** `range(start, stop, step)`. Jinja2's sandbox has the same limit. */
export class Range {
  static readonly longest = 100_000n;
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;

  /** @throws JinjaError */
  constructor(start: bigint, stop: bigint, step: bigint) {
    if (step === 0n) throw new JinjaError('the step of range() is 0');
    [this.start, this.stop, this.step] = [start, stop, step];
    if (this.length > Range.longest) throw new JinjaError(`range() of more than ${Range.longest} numbers`);
  }

  get length(): bigint {
    const span = this.step > 0n ? this.stop - this.start : this.start - this.stop;
    const stride = this.step > 0n ? this.step : -this.step;
    return span <= 0n ? 0n : (span + stride - 1n) / stride;
  }

  get items(): readonly bigint[] {
    return Array.from({ length: Number(this.length) }, (_, index) => this.start + BigInt(index) * this.step);
  }
}

/**
 * What a filter such as `map` gives: it can be gone through once. A second time, Jinja2 finds it empty; that is
 * refused here, and so is printing it.
 */
export class Once {
  /** The filter, for messages. */
  readonly source: string;
  readonly #items: readonly Value[];
  #taken = false;

  constructor(source: string, items: readonly Value[]) {
    this.source = source;
    this.#items = items;
  }

  /** @throws JinjaError the second time */
  take(): readonly Value[] {
    if (this.#taken) throw new JinjaError(`what \`${this.source}\` gave is used up: ${this.advice}`);
    this.#taken = true;
    return this.#items;
  }

  get advice(): string {
    return `write \`| ${this.source} | list\` to keep it`;
  }
}

/** Text that counts as HTML already (`safe`, `escape`, Jinja2's own `tojson`): it can be printed, and little else. */
export class Markup {
  readonly text: string;
  /** The filter, for messages. */
  readonly source: string;

  constructor(text: string, source: string) {
    this.text = text;
    this.source = source;
  }
}

/** A name, a member or an item that is not there. It may be asked about; a strict one may not be used. */
export class Undefined {
  readonly #what: () => string;
  readonly strict: boolean;

  /** @param what says what is not there: "`row.maen` is not defined" */
  constructor(what: () => string, strict: boolean) {
    this.#what = what;
    this.strict = strict;
  }

  get error(): JinjaError {
    return new NotDefined(this.#what());
  }
}

/** `namespace(n=0)`: fields that `set` may change from within a loop. */
export class Namespace {
  readonly fields: Map<string, Value>;

  constructor(fields: Map<string, Value>) {
    this.fields = fields;
  }
}

/** A function, a method, a macro, or something like `loop`, which has attributes and may be called. */
export class HostObject {
  /** As messages name it: "the method `upper`". */
  readonly name: string;
  readonly call: ((args: CallArguments) => Value) | undefined;
  readonly attributes: ReadonlyMap<string, () => Value>;

  constructor(
    name: string,
    call: ((args: CallArguments) => Value) | undefined,
    attributes: ReadonlyMap<string, () => Value> = new Map(),
  ) {
    this.name = name;
    this.call = call;
    this.attributes = attributes;
  }
}

export interface CallArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** An array: `Array.isArray` by itself loses the type of read-only arrays. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isNumber(value: Value): value is boolean | bigint | number {
  return typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number';
}

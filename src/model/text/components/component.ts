import { Failure } from '../../../system/failure.ts';

/**
 * One component of tokenizer.json, and where it stands. Each option is read by name as one of the values that were verified
 * against Python's tokenizers; `done` then refuses whatever was not read. So nothing runs that was not verified.
 */
export class Component {
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #path: string;
  readonly #read = new Set(['type']);

  /** @param path JSON path of the component in `file`, for example `$.pre_tokenizer.pretokenizers[1]`. */
  constructor(config: unknown, file: string, path: string) {
    this.#file = file;
    this.#path = path;
    const isObject = typeof config === 'object' && config !== null && !Array.isArray(config);
    this.#config = isObject ? (config as Readonly<Record<string, unknown>>) : {};
    if (!isObject) throw this.refuse('an object', config);
  }

  get type(): string {
    return this.text('type');
  }

  /** The option as it is written; undefined where there is none. */
  option(name: string): unknown {
    this.#read.add(name);
    return Object.hasOwn(this.#config, name) ? this.#config[name] : undefined;
  }

  /** One of `values`; `undefined` among them allows the option to be absent. */
  choice<const Value>(name: string, values: readonly Value[]): Value {
    const found = this.option(name);
    if (values.includes(found as Value)) return found as Value;
    throw this.refuse(`\`${name}\`: ${values.map(shown).join(', ')}`, found, name);
  }

  boolean(name: string): boolean {
    return this.choice(name, [true, false]);
  }

  text(name: string): string {
    const found = this.option(name);
    if (typeof found === 'string') return found;
    throw this.refuse(`\`${name}\`: a text`, found, name);
  }

  count(name: string): number {
    const found = this.option(name);
    if (Number.isSafeInteger(found) && (found as number) >= 0) return found as number;
    throw this.refuse(`\`${name}\`: a whole number >= 0`, found, name);
  }

  /** Options that change offsets or decoding, never an id. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** A component inside this one; undefined where the option is null or absent. */
  part(name: string): Component | undefined {
    const found = this.option(name);
    return found === undefined || found === null
      ? undefined
      : new Component(found, this.#file, this.#at(name));
  }

  parts(name: string): readonly Component[] {
    const found = this.option(name);
    if (!Array.isArray(found)) throw this.refuse(`\`${name}\`: a list`, found, name);
    return found.map((each, index) => new Component(each, this.#file, `${this.#at(name)}[${index}]`));
  }

  /** Refuses options that nobody read. */
  done(): void {
    const unread = Object.keys(this.#config).find((name) => !this.#read.has(name));
    if (unread !== undefined) throw this.refuse(`no option \`${unread}\``, this.#config[unread], unread);
  }

  /** The failure for what is not verified in this component, or in one of its options. */
  refuse(expected: string, found: unknown, option?: string): Failure {
    const { type } = this.#config;
    const what = typeof type === 'string' ? ` \`${type}\`` : '';
    return new Failure({
      code: 'tokenizer-component-unverified',
      blame: 'user',
      message: `the tokenizer has a component${what} whose token ids are not verified`,
      where: `${this.#file}, ${option === undefined ? this.#path : this.#at(option)}`,
      expected,
      found: shown(found),
      next: 'use a model whose tokenizer is verified: a wrong token would be a wrong number',
    });
  }

  #at(name: string): string {
    return `${this.#path}.${name}`;
  }
}

function shown(found: unknown): string {
  if (found === undefined) return 'none';
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

import { Failure } from '../../system/failure.ts';

/** Typed access to the fields of config.json, with failures that name file, field and value. */
export class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #prefix: string;

  constructor(json: unknown, file: string, prefix = '') {
    this.#file = file;
    this.#prefix = prefix;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new Failure({
        code: 'config-field',
        blame: 'user',
        message: prefix === '' ? 'config.json does not hold an object' : `${prefix} does not hold an object`,
        where: file,
        expected: 'a JSON object',
        found: show(json),
        next: 'check that this is the config.json of a Hugging Face model',
      });
    }
    this.#fields = json as Record<string, unknown>;
  }

  raw(name: string): unknown {
    return this.#fields[name];
  }

  /** Present and not null. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  isNull(name: string): boolean {
    return this.#fields[name] === null;
  }

  /** The object under a field. */
  inner(name: string): FieldReader {
    return new FieldReader(this.#fields[name], this.#file, `${this.#prefix}${name}.`);
  }

  /** A whole number >= 1. */
  count(name: string, absent?: number): number {
    return this.#number(
      name,
      absent,
      'a whole number >= 1',
      (value) => Number.isSafeInteger(value) && value >= 1,
    );
  }

  /** A whole number >= 0. */
  natural(name: string, absent?: number): number {
    return this.#number(
      name,
      absent,
      'a whole number >= 0',
      (value) => Number.isSafeInteger(value) && value >= 0,
    );
  }

  /** A finite number > 0. */
  positive(name: string, absent?: number): number {
    return this.#number(name, absent, 'a finite number > 0', (value) => Number.isFinite(value) && value > 0);
  }

  flag(name: string, absent: boolean): boolean {
    const value = this.#fields[name] ?? absent;
    if (typeof value !== 'boolean') throw this.impossible(name, 'true or false');
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.impossible(name, 'a string');
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#fields[name] ?? [];
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
      throw this.impossible(name, 'a list of strings');
    }
    return value;
  }

  /** A field that is missing, of the wrong type, or contradicts another. */
  impossible(name: string, expected: string, found: unknown = this.#fields[name]): Failure {
    return new Failure({
      code: 'config-field',
      blame: 'user',
      message: `\`${this.#prefix}${name}\` ${found === undefined ? 'is missing' : 'cannot be right'}`,
      where: `${this.#file}, ${this.#prefix}${name}`,
      expected,
      found: show(found),
      next: "compare with the model's page; fetch the file again",
    });
  }

  /** A field whose value is legitimate but not implemented: refused, never approximated. */
  unsupported(name: string, expected: string, found: unknown = this.#fields[name]): Failure {
    return new Failure({
      code: 'config-unsupported',
      blame: 'user',
      message: `this model is not supported: \`${this.#prefix}${name}\` is ${show(found)}`,
      where: `${this.#file}, ${this.#prefix}${name}`,
      expected,
      found: show(found),
      next: 'use a model of the Llama family: Llama, TinyLlama, SmolLM, Mistral, Qwen 2, Qwen 3',
    });
  }

  #number(
    name: string,
    absent: number | undefined,
    expected: string,
    fits: (value: number) => boolean,
  ): number {
    const value = this.#fields[name] ?? absent;
    if (typeof value !== 'number' || !fits(value)) throw this.impossible(name, expected, value);
    return value;
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

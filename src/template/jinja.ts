import * as jinja from '@huggingface/jinja';

/**
 * @huggingface/jinja with the types that are used here: its own declarations do not resolve under `nodenext`, because
 * they import each other without file endings.
 */
interface Jinja {
  tokenize(source: string): readonly unknown[];
  /** @throws SyntaxError */
  parse(tokens: readonly unknown[]): unknown;
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
}

/** The names that a template is rendered with. */
export interface Environment {
  readonly variables: Map<string, unknown>;
  /** @throws when the name is there already. */
  set(name: string, value: unknown): unknown;
}

export interface Interpreter {
  run(program: unknown): RuntimeValue;
  /** The value of a node; undefined for some filters of empty lists. */
  evaluate(node: unknown, environment: Environment): RuntimeValue | undefined;
}

export interface RuntimeValue {
  readonly type: string;
  readonly value: unknown;
}

export const { tokenize, parse, Environment, Interpreter } = jinja as unknown as Jinja;

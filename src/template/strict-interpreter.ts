import { Interpreter, type Environment, type RuntimeValue } from './jinja.ts';
import { isNode, sourceOf, type Node, type Program } from './syntax.ts';

/**
 * Jinja as it is rendered here: what is not defined, and what is printed but null, is an error and never an empty
 * string. `is defined` and `default` may ask about anything.
 */
export class StrictInterpreter extends Interpreter {
  readonly #printed: ReadonlySet<unknown>;
  #lenient = 0;

  constructor(environment: Environment, printed: ReadonlySet<unknown>) {
    super(environment);
    this.#printed = printed;
  }

  override evaluate(node: Node | undefined, environment: Environment): RuntimeValue | undefined {
    const asks = node !== undefined && asksWhetherDefined(node);
    if (asks) this.#lenient += 1;
    try {
      const value = super.evaluate(node, environment);
      // `[] | first` gives nothing at all.
      const type = value?.type ?? 'UndefinedValue';
      if (node === undefined) return value;
      if (this.#lenient === 0 && type === 'UndefinedValue' && mayNotBeUndefined.has(node.type)) {
        throw new Error(`\`${sourceOf(node)}\` is not defined`);
      }
      if (type === 'NullValue' && this.#printed.has(node)) {
        throw new Error(`\`${sourceOf(node)}\` is null and cannot be printed`);
      }
      return value;
    } finally {
      if (asks) this.#lenient -= 1;
    }
  }
}

/** `x if condition` without `else` is Jinja's way to print nothing, so it may be undefined. */
const mayNotBeUndefined = new Set(['Identifier', 'MemberExpression', 'FilterExpression']);

function asksWhetherDefined(node: Node): boolean {
  if (node.type === 'TestExpression') return /^(un)?defined$/.test(String((node['test'] as Node)['value']));
  if (node.type !== 'FilterExpression') return false;
  const filter = node['filter'] as Node;
  const name = filter.type === 'CallExpression' ? (filter['callee'] as Node) : filter;
  return name['value'] === 'default';
}

const expressions = new Set([
  'Identifier',
  'MemberExpression',
  'CallExpression',
  'FilterExpression',
  'BinaryExpression',
  'Ternary',
]);

/** The expressions whose value becomes text of its own: those that stand directly in a body. */
export function printedNodes(program: Program): ReadonlySet<unknown> {
  const printed = new Set<unknown>();
  const bodies = (node: unknown): void => {
    if (!isNode(node)) return;
    for (const field of ['body', 'alternate', 'defaultBlock']) {
      const body = node[field];
      if (!Array.isArray(body)) continue;
      for (const child of body) {
        if (isNode(child) && expressions.has(child.type)) printed.add(child);
        bodies(child);
      }
    }
  };
  bodies(program);
  return printed;
}

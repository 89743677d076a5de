import { InternalError } from '../../system/internal-error.ts';
import { isList } from '../cells.ts';
import type { Frame } from '../frame.ts';
import type { Cell } from '../table.ts';
import { Budget, OutOfSteps } from './budget.ts';
import { parameterAt } from './check.ts';
import { ExpressionError, type Fault } from './fault.ts';
import { functions } from './functions/index.ts';
import {
  Refusal,
  type AggregateFunction,
  type ScalarFunction,
  type WindowFunction,
} from './functions/function.ts';
import { textFrom } from './functions/text.ts';
import { mismatch, operatorFor, signed } from './operators.ts';
import type { Node, NodeOf, Span } from './tree.ts';
import { cellFrom, isMissingValue, typeOf, wordType, wordTypes, wordValue, type Value } from './value.ts';

/** The value of a node in a row, and in the group that the row is in. There is no row in a group without rows. */
type Evaluate = (row: number, group: number) => Value;

/**
 * Makes closures of the nodes of a checked expression: there is no code in it that anyone else wrote. The result throws
 * an ExpressionError with the place in the expression and the row.
 */
export function compileExpression(node: Node, frame: Frame): Evaluate {
  const compiler = new Compiler(frame);
  const evaluate = compiler.compile(node);
  const steps = 1 + compiler.nodes;
  return (row, group) => {
    try {
      compiler.budget.steps(steps);
      return evaluate(row, group);
    } catch (error) {
      throw placed(error, node, row);
    }
  };
}

class Compiler {
  readonly budget: Budget;
  readonly #frame: Frame;
  nodes = 0;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.budget = new Budget(frame.length, frame.size);
  }

  compile(node: Node): Evaluate {
    this.nodes += 1;
    switch (node.type) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'column': {
        const cells = this.#frame.cells(node.name);
        return (row) => cells[row] ?? null;
      }
      case 'word':
        throw new InternalError(`expected a checked expression, was one with \`${node.name}\``);
      case 'list': {
        const items = node.items.map((item) => this.compile(item));
        return (row, group) => items.map((item) => cellFrom(item(row, group)));
      }
      case 'template':
        return this.#template(node);
      case 'unary': {
        const operand = this.compile(node.operand);
        return (row, group) => guarded(node, row, () => signed(node.operator, operand(row, group)));
      }
      case 'binary':
        return this.#binary(node);
      case 'conditional':
        return this.#conditional(node);
      case 'part':
        return this.#part(node);
      case 'call':
        return this.#call(node);
    }
  }

  #template(node: NodeOf<'template'>): Evaluate {
    const parts = node.parts.map((part) => this.compile(part));
    return (row, group) => {
      const values = parts.map((part) => part(row, group));
      if (values.includes(null)) return null;
      const texts = values.map((value, index) => {
        if (typeof value !== 'object' || value instanceof Date) return textFrom(value);
        throw fault(
          node.parts[index] ?? node,
          row,
          'a text takes text, numbers, dates, true or false',
          value,
        );
      });
      const text = texts.join('');
      this.budget.value(text);
      return text;
    };
  }

  #binary(node: NodeOf<'binary'>): Evaluate {
    const [left, right] = [this.compile(node.left), this.compile(node.right)];
    const { operator } = node;
    switch (operator) {
      case '&&':
      case '||': {
        // As in SQL: null and false is false, null or true is true, and else null stays null.
        const decisive = operator === '||';
        return (row, group) => {
          const first = condition(left(row, group), node, row);
          if (first === decisive) return decisive;
          const second = condition(right(row, group), node, row);
          if (second === decisive) return decisive;
          return first === null || second === null ? null : !decisive;
        };
      }
      case '??':
        return (row, group) => {
          const first = left(row, group);
          return isMissingValue(first) ? right(row, group) : first;
        };
      case '==':
      case '!=': {
        // `d.x == null` asks whether there is a value.
        const asked = isNull(node.right) ? left : isNull(node.left) ? right : undefined;
        if (asked !== undefined) {
          const equals = operator === '==';
          return (row, group) => (asked(row, group) === null) === equals;
        }
        break;
      }
      default:
    }
    const compute = operatorFor(operator);
    return (row, group) => {
      const a = left(row, group);
      const b = right(row, group);
      this.budget.value(a);
      // As `guarded`, without a closure for each row.
      try {
        return compute(a, b);
      } catch (error) {
        throw error instanceof Refusal ? refusedAt(error, node, row) : error;
      }
    };
  }

  #conditional(node: NodeOf<'conditional'>): Evaluate {
    const [asked, then, otherwise] = [node.condition, node.then, node.otherwise].map((each) =>
      this.compile(each),
    ) as [Evaluate, Evaluate, Evaluate];
    return (row, group) => {
      const value = asked(row, group);
      if (value === null) return null;
      if (typeof value !== 'boolean') throw fault(node.condition, row, '`? :` asks for true or false', value);
      return value ? then(row, group) : otherwise(row, group);
    };
  }

  #part(node: NodeOf<'part'>): Evaluate {
    const whole = this.compile(node.whole);
    const { part } = node;
    return (row, group) => {
      const value = whole(row, group);
      if (value === null) return null;
      if (typeof part === 'number' && isList(value)) return value[part] ?? null;
      if (typeof part === 'string' && typeOf(value) === 'object') {
        const object = value as Readonly<Record<string, Cell>>;
        return Object.hasOwn(object, part) ? (object[part] ?? null) : null;
      }
      throw fault(node, row, `${wordType(typeOf(value))} has no part \`${part}\``, value);
    };
  }

  #call(node: NodeOf<'call'>): Evaluate {
    const called = functions.get(node.name);
    switch (called?.over) {
      case 'row':
        return this.#scalar(called, node);
      case 'group':
        return this.#aggregate(called, node);
      case 'window':
        return this.#windowed(called, node);
      case undefined:
        throw new InternalError(`expected a function, was \`${node.name}\``);
    }
  }

  #scalar(called: ScalarFunction, node: NodeOf<'call'>): Evaluate {
    const args = node.args.map((arg, index) => this.#argument(called, node, arg, index));
    return (row, group) => {
      const values = args.map((arg) => arg(row, group));
      if (called.takesNull !== true && values.includes(null)) return null;
      for (const value of values) this.budget.value(value);
      const result = guarded(node, row, () => called.compute(values));
      this.budget.value(result);
      return result;
    };
  }

  /** An argument whose kind is checked in each row. */
  #argument(
    called: ScalarFunction | AggregateFunction | WindowFunction,
    node: NodeOf<'call'>,
    arg: Node,
    index: number,
  ): Evaluate {
    const evaluate = this.compile(arg);
    const parameter = parameterAt(called, index);
    if (parameter === undefined) throw new InternalError(`expected fewer arguments of \`${node.name}\``);
    if (parameter.kinds.length === 0) return evaluate;
    const kinds: ReadonlySet<string> = new Set([...parameter.kinds, 'null']);
    return (row, group) => {
      const value = evaluate(row, group);
      if (kinds.has(typeOf(value))) return value;
      throw fault(
        arg,
        row,
        `\`${parameter.name}\` of \`${called.name}\` is ${wordTypes(parameter.kinds)}`,
        value,
      );
    };
  }

  #aggregate(called: AggregateFunction, node: NodeOf<'call'>): Evaluate {
    const before = this.nodes;
    const args = node.args.map((arg, index) => this.#argument(called, node, arg, index));
    const steps = 1 + this.nodes - before;
    const results = new Map<number, Value>();
    return (_row, group) => {
      let result = results.get(group);
      if (result === undefined) {
        const members = this.#frame.members(group);
        this.budget.steps(steps * members.length);
        const columns = args
          .slice(0, called.columns)
          .map((arg) => members.map((member) => arg(member, group)));
        const settings = args.slice(called.columns).map((arg) => arg(members[0] ?? -1, group));
        const whole = called.takesMissing === true ? columns : valuesOf(columns);
        result = guarded(node, undefined, () => called.compute(whole, settings, members.length));
        results.set(group, result);
      }
      // A list of all rows in each row grows with the square of the table.
      this.budget.value(result);
      return result;
    };
  }

  #windowed(called: WindowFunction, node: NodeOf<'call'>): Evaluate {
    const before = this.nodes;
    const args = node.args.map((arg, index) => this.#argument(called, node, arg, index));
    const steps = 4 + this.nodes - before;
    const results = new Map<number, ReadonlyMap<number, Value>>();
    return (row, group) => {
      let result = results.get(group);
      if (result === undefined) {
        const members = this.#frame.members(group);
        this.budget.steps(steps * members.length);
        const values = guarded(node, undefined, () =>
          called.compute({
            size: members.length,
            value: (argument, place) => args[argument]?.(members[place] ?? -1, group),
            peer: (place) => this.#frame.peer(members[place] ?? -1),
          }),
        );
        result = new Map(members.map((member, place) => [member, values[place] ?? null]));
        results.set(group, result);
      }
      return result.get(row) ?? null;
    };
  }
}

/** The rows in which every column has a value. */
function valuesOf(columns: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  const [first = []] = columns;
  if (!columns.some((column) => column.some(isMissingValue))) return columns;
  const present = first.map((_, row) => columns.every((column) => !isMissingValue(column[row] ?? null)));
  return columns.map((column) => column.filter((_, row) => present[row]));
}

function condition(value: Value, node: NodeOf<'binary'>, row: number): boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  throw refusedAt(mismatch(node.operator, typeOf(value), 'boolean'), node, row);
}

function isNull(node: Node): boolean {
  return node.type === 'literal' && node.value === null;
}

function guarded<T>(node: Span, row: number | undefined, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Refusal) throw refusedAt(error, node, row);
    throw error;
  }
}

function refusedAt(
  { message, more }: Refusal,
  { start, end }: Span,
  row: number | undefined,
): ExpressionError {
  return new ExpressionError({ message, start, end, ...more }, row);
}

function fault({ start, end }: Span, row: number, message: string, found: Value): ExpressionError {
  const what: Fault = { message, start, end, found: `${wordValue(found)}, ${wordType(typeOf(found))}` };
  return new ExpressionError(what, row < 0 ? undefined : row);
}

function placed(error: unknown, { start, end }: Span, row: number): unknown {
  if (error instanceof OutOfSteps) {
    return new ExpressionError(
      {
        message: 'the expression takes too much work',
        start,
        end,
        next: 'compute parts of it in steps of their own, or make shorter texts and lists',
      },
      row,
    );
  }
  // Cells may be nested deeper than the stack is.
  if (error instanceof RangeError) {
    return new ExpressionError({ message: 'a value is nested too deeply', start, end }, row);
  }
  return error;
}

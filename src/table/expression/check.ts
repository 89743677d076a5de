import type { Column } from '../table.ts';
import type { Fault } from './fault.ts';
import { functions, refused } from './functions/index.ts';
import { Refusal, signatureOf, type FunctionKind, type Parameter } from './functions/function.ts';
import { mismatch, typeOfOperation } from './operators.ts';
import type { Node, NodeOf, Span } from './tree.ts';
import { eitherType, typeOfColumn, wordType, wordTypes, type Type } from './value.ts';

/** What an expression may read, and where it stands. */
export interface Setting {
  readonly columns: readonly Column[];
  /** There may be further columns. */
  readonly open: boolean;
  /** An `orderby` says by what rows are ranked. */
  readonly ordered: boolean;
  /** In `rollup` an expression gives one value for a group: the columns that are the same in all its rows. */
  readonly groups?: readonly string[];
}

export interface Checked {
  readonly type: Type;
  readonly faults: readonly Fault[];
}

/** Names and types of an expression, before there are rows. */
export function checkExpression(node: Node, setting: Setting): Checked {
  const checker = new Checker(setting);
  const type = checker.typeOf(node);
  return { type, faults: checker.faults };
}

class Checker {
  readonly faults: Fault[] = [];
  readonly #setting: Setting;
  readonly #columns: ReadonlyMap<string, Column>;
  /** Within an aggregate, or the setting of one: a row at a time. */
  #rows: boolean;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#columns = new Map(setting.columns.map((column) => [column.name, column]));
    this.#rows = setting.groups === undefined;
  }

  typeOf(node: Node): Type {
    switch (node.type) {
      case 'literal':
        return node.value === null
          ? 'null'
          : typeof node.value === 'string'
            ? 'text'
            : (typeof node.value as Type);
      case 'column':
        return this.#column(node);
      case 'word':
        return this.#word(node);
      case 'list':
        node.items.forEach((item) => this.typeOf(item));
        return 'list';
      case 'template':
        node.parts.forEach((part) => {
          this.#expect(this.typeOf(part), ['text', 'number', 'boolean', 'date'], part, 'a text takes');
        });
        return 'text';
      case 'unary': {
        const type = this.typeOf(node.operand);
        const wanted: Type = node.operator === '!' ? 'boolean' : 'number';
        if (!fits(type, [wanted])) this.#refuse(mismatch(node.operator, type), node);
        return wanted;
      }
      case 'binary': {
        const [left, right] = [this.typeOf(node.left), this.typeOf(node.right)];
        const type = typeOfOperation(node.operator, left, right);
        if (!(type instanceof Refusal)) return type;
        this.#refuse(type, node);
        return 'any';
      }
      case 'conditional': {
        this.#expect(this.typeOf(node.condition), ['boolean'], node.condition, '`? :` asks for');
        return eitherType(this.typeOf(node.then), this.typeOf(node.otherwise));
      }
      case 'part':
        return this.#part(node);
      case 'call':
        return this.#call(node);
    }
  }

  #column(node: NodeOf<'column'>): Type {
    const column = this.#columns.get(node.name);
    if (column === undefined && !this.#setting.open) {
      this.#fault(node, `no column \`${node.name}\``, {
        found: node.name,
        candidates: [...this.#columns.keys()],
      });
    } else if (!this.#rows && this.#setting.groups?.includes(node.name) === false) {
      this.#fault(node, `column \`${node.name}\` has a value in each row, and one is wanted for the group`, {
        expected: `an aggregate, as in \`mean(...)\` or \`any(...)\`, or a column of \`by\``,
      });
    }
    return typeOfColumn(column?.type ?? 'json');
  }

  #word(node: NodeOf<'word'>): Type {
    const { name } = node;
    if (name === 'undefined') {
      this.#fault(node, '`undefined` is not a value here', { expected: '`null`' });
    } else if (this.#columns.has(name)) {
      this.#fault(node, `\`${name}\` alone is no column`, {
        expected: 'a column of the row `d`',
        next: `write \`d.${name}\``,
      });
    } else if (functions.has(name)) {
      this.#fault(node, `\`${name}\` is a function`, { next: `call it: \`${name}(...)\`` });
    } else {
      this.#fault(node, `\`${name}\` is not known`, {
        found: name,
        expected: 'a column of the row, as in `d.x`, a text in quotes, or a function with its arguments',
        candidates: [...this.#columns.keys()].map((column) => `d.${column}`),
      });
    }
    return 'any';
  }

  #part(node: NodeOf<'part'>): Type {
    const whole = this.typeOf(node.whole);
    const wanted: readonly Type[] = typeof node.part === 'number' ? ['list'] : ['object'];
    if (fits(whole, wanted)) return 'any';
    const next =
      node.part === 'length'
        ? 'write `length(...)`'
        : whole === 'text'
          ? 'see `substring` and `split`'
          : undefined;
    this.#fault(node, `${wordType(whole)} has no part \`${node.part}\``, {
      expected: wordTypes(wanted),
      found: wordType(whole),
      ...(next !== undefined && { next }),
    });
    return 'any';
  }

  #call(node: NodeOf<'call'>): Type {
    const called = functions.get(node.name);
    if (called === undefined) {
      node.args.forEach((arg) => this.typeOf(arg));
      this.#unknownFunction(node);
      return 'any';
    }
    const types = node.args.map((arg, index) => this.#argument(called, arg, index));
    this.#arity(called, node);
    types.forEach((type, index) => {
      const parameter = parameterAt(called, index);
      const arg = node.args[index];
      if (parameter === undefined || arg === undefined || parameter.kinds.length === 0) return;
      this.#expect(type, parameter.kinds, arg, `\`${parameter.name}\` of \`${called.name}\` is`);
    });
    if (called.over === 'window') this.#window(called, node);
    return typeof called.gives === 'function' ? called.gives(types) : called.gives;
  }

  /** The columns of an aggregate are read a row at a time; its settings are the same for the whole group. */
  #argument(called: FunctionKind, arg: Node, index: number): Type {
    if (called.over !== 'group') return this.typeOf(arg);
    const outside = this.#rows;
    this.#rows = index < called.columns;
    if (!this.#rows && index < called.parameters.length && readsRows(arg)) {
      this.#fault(arg, `what \`${called.name}\` is set to is the same for all rows`, {
        expected: 'a number',
      });
    }
    const type = this.typeOf(arg);
    this.#rows = outside;
    return type;
  }

  #window(called: FunctionKind, node: NodeOf<'call'>): void {
    if (!this.#rows) {
      this.#fault(node, `\`${called.name}\` gives a value for each row, and one is wanted for the group`, {
        expected: 'an aggregate, as in `mean(...)`',
        next: 'use it in a `derive` before',
      });
    } else if (called.over === 'window' && called.ranks === true && !this.#setting.ordered) {
      this.#fault(node, `\`${called.name}()\` ranks rows, and nothing says by what`, {
        next: 'put an `orderby` before; for the place of the row as it stands, use `row_number()`',
      });
    }
  }

  #arity(called: FunctionKind, node: NodeOf<'call'>): void {
    const { parameters } = called;
    const least = parameters.filter((each) => each.optional !== true).length;
    const most = parameters.some((each) => each.rest === true) ? Infinity : parameters.length;
    const given = node.args.length;
    if (given >= least && given <= most) return;
    const now = given === 0 && /^(?:utc)?datetime$/.test(called.name);
    const counts = called.name === 'count';
    this.#fault(
      node,
      now ? `\`${called.name}()\` gives another result each time` : 'not the arguments that it takes',
      {
        expected: `\`${signatureOf(called)}\``,
        found: `${given} argument${given === 1 ? '' : 's'}`,
        ...(counts && { next: '`count()` counts rows, `valid(d.x)` those that have a value' }),
      },
    );
  }

  #unknownFunction({ name, named }: NodeOf<'call'>): void {
    const known = refused.get(name);
    if (known !== undefined) {
      this.#fault(named, known.message, { ...(known.next !== undefined && { next: known.next }) });
      return;
    }
    this.#fault(named, `no function \`${name}\``, {
      found: name,
      expected: 'a function that the documentation of `table` lists',
      candidates: [...functions.keys()],
    });
  }

  #expect(type: Type, kinds: readonly Type[], node: Node, what: string): void {
    if (fits(type, kinds)) return;
    const textual = type === 'text' && kinds.includes('number');
    this.#fault(node, `${what} ${wordTypes(kinds)}`, {
      expected: wordTypes(kinds),
      found: wordType(type),
      ...(textual && {
        next: 'make a number of the text with `parse_float`, or give its column a type where it is read',
      }),
    });
  }

  #refuse({ message, more }: Refusal, span: Span): void {
    this.#fault(span, message, more);
  }

  #fault({ start, end }: Span, message: string, more: Omit<Fault, 'start' | 'end' | 'message'>): void {
    this.faults.push({ message, start, end, ...more });
  }
}

export function parameterAt({ parameters }: FunctionKind, index: number): Parameter | undefined {
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.rest === true ? last : undefined);
}

function fits(type: Type, kinds: readonly Type[]): boolean {
  return type === 'any' || type === 'null' || kinds.includes(type);
}

/** Whether a value can differ from row to row. */
function readsRows(node: Node): boolean {
  switch (node.type) {
    case 'literal':
    case 'word':
      return false;
    case 'column':
      return true;
    case 'list':
      return node.items.some(readsRows);
    case 'template':
      return node.parts.some(readsRows);
    case 'unary':
      return readsRows(node.operand);
    case 'binary':
      return readsRows(node.left) || readsRows(node.right);
    case 'conditional':
      return [node.condition, node.then, node.otherwise].some(readsRows);
    case 'part':
      return readsRows(node.whole);
    case 'call': {
      const called = functions.get(node.name);
      return called?.over === 'window' || (called?.over !== 'group' && node.args.some(readsRows));
    }
  }
}

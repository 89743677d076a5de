import { shownText, type Context, type Dialect } from './context.ts';
import { JinjaError, withinStack } from './error.ts';
import { argumentsOf, callOf, evaluate, filtered } from './evaluate.ts';
import { filters, unknownFilter } from './library/filters.ts';
import { globalsOf } from './library/globals.ts';
import { tests } from './library/tests.ts';
import { loopObject, type LoopState } from './loop.ts';
import { macroObject, type MacroNode } from './macro.ts';
import { Scope } from './scope.ts';
import type { Body, Expression, Statement } from './syntax/nodes.ts';
import type { Program } from './syntax/parser.ts';
import { namesRead } from './syntax/walk.ts';
import { isTrue } from './values/compare.ts';
import { itemsOf } from './values/iterate.ts';
import { longestValue } from './values/operators.ts';
import { isList, Markup, Tuple, type CallArguments, type Value } from './values/value.ts';

/** Longest text that is rendered, in UTF-16 units: more is a loop that ran away. */
const longest = 50_000_000;

/** Statements and rounds of loops of one rendering: a second or two. A template that needs more never comes to its end. */
const mostSteps = 2_000_000;

/** Characters or items of a value that are made in the time of one step. */
const madeInAStep = 100;

/** Most loops and macros that call themselves, one in another. */
const deepest = 100;

/** Filters that take text which counts as HTML already. */
const takesMarkup = new Set(['safe', 'escape', 'e', 'default', 'd', 'length', 'count']);

/** The text that a template gives. @throws JinjaError with its place */
export function render(program: Program, values: ReadonlyMap<string, Value>, dialect: Dialect): string {
  const rendering = new Rendering(program.source, dialect);
  const scope = new Scope(new Map([...globalsOf(), ...values]));
  return withinStack(() => rendering.run(program.body, scope));
}

/** How a body ended: at its end, or at a `break` or `continue`, which end the loop around it or one round of that. */
type Ending = 'end' | 'break' | 'continue';

class Rendering implements Context {
  readonly source: string;
  readonly dialect: Dialect;
  #written = 0;
  #steps = 0;

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
  }

  filter(name: string, value: Value, args: CallArguments): Value {
    const found = filters.get(name);
    if (found === undefined) throw unknownFilter(name);
    if (value instanceof Markup && !takesMarkup.has(name)) {
      throw new JinjaError(`what \`${value.source}\` gives can only be printed: use \`${name}\` before it`);
    }
    return found(this, value, args);
  }

  test(name: string, value: Value, args: CallArguments): boolean {
    const found = tests.get(name);
    if (found === undefined) throw new JinjaError(`unknown template test \`${name}\``);
    return found(this, value, args);
  }

  made(value: Value): Value {
    const size =
      typeof value === 'string' || isList(value)
        ? value.length
        : value instanceof Tuple
          ? value.items.length
          : 0;
    if (size > longestValue) {
      throw new JinjaError(`an expression makes more than ${longestValue} characters or items`);
    }
    if (size >= madeInAStep) this.#step(undefined, Math.floor(size / madeInAStep));
    return value;
  }

  evaluate(node: Expression, scope: Scope): Value {
    return evaluate(node, scope, this);
  }

  /** The text of a body. */
  run(body: Body, scope: Scope): string {
    const out: string[] = [];
    this.#write(body, scope, out);
    return out.join('');
  }

  /** Appends the text of a body. What is at fault without a place of its own is placed at the statement. */
  #write(body: Body, scope: Scope, out: string[]): Ending {
    for (const statement of body) {
      try {
        this.#step();
        const ending = this.#writeStatement(statement, scope, out);
        if (ending !== 'end') return ending;
      } catch (error) {
        if (error instanceof JinjaError) error.at ??= statement.at;
        throw error;
      }
    }
    return 'end';
  }

  #writeStatement(node: Statement, scope: Scope, out: string[]): Ending {
    switch (node.type) {
      case 'break':
      case 'continue':
        return node.type;
      case 'if': {
        const branch = node.branches.find(({ test }) => isTrue(this.evaluate(test, scope)));
        return this.#write(branch?.body ?? node.otherwise, scope, out);
      }
      case 'for':
        return this.#writeLoop(node, this.evaluate(node.items, scope), scope, { out, depth: 0 });
      case 'with': {
        const inner = new Scope(scope);
        for (const [target, value] of node.assignments) inner.assign(target, this.evaluate(value, scope));
        return this.#write(node.body, inner, out);
      }
      case 'set':
        scope.assign(node.target, this.evaluate(node.value, scope));
        return 'end';
      case 'set-block':
        scope.assign(node.target, filtered(this.run(node.body, new Scope(scope)), node.filters, scope, this));
        return 'end';
      case 'macro':
        scope.set(node.name, this.#macro(node, scope));
        return 'end';
      default:
        out.push(this.#counted(this.#textOf(node, scope)));
        return 'end';
    }
  }

  #textOf(
    node: Statement & { readonly type: 'text' | 'output' | 'filter-block' | 'call-block' },
    scope: Scope,
  ): string {
    switch (node.type) {
      case 'text':
        return node.text;
      case 'output': {
        const { expression } = node;
        const value = this.evaluate(expression, scope);
        return shownText(this, value, `\`${this.source.slice(expression.at, expression.end)}\``);
      }
      case 'filter-block': {
        const value = filtered(this.run(node.body, new Scope(scope)), node.filters, scope, this);
        return shownText(this, value, 'what the filters of `{% filter %}` give');
      }
      case 'call-block': {
        const of = (each: Expression): Value => this.evaluate(each, scope);
        const caller = this.#macro({ name: 'caller', parameters: node.parameters, body: node.body }, scope);
        const { positional, named } = argumentsOf(node.call.args, of);
        const value = callOf(of(node.call.callee), {
          positional,
          named: new Map([...named, ['caller', caller]]),
        });
        return shownText(this, value, 'what `{% call %}` gives');
      }
    }
  }

  #writeLoop(
    node: Statement & { readonly type: 'for' },
    over: Value,
    outer: Scope,
    { out, depth }: { readonly out: string[]; readonly depth: number },
  ): Ending {
    const { target, condition, recursive, body, otherwise } = node;
    if (depth > deepest)
      throw new JinjaError(`the loop calls itself more than ${deepest} times deep`, node.at);
    const items = itemsOf(over).filter((item) => {
      if (condition === undefined) return true;
      this.#step(node.at);
      const scope = new Scope(outer);
      scope.assign(target, item);
      return isTrue(this.evaluate(condition, scope));
    });
    if (items.length === 0) return this.#write(otherwise, new Scope(outer), out);
    const state: LoopState = { items, index: 0, depth, last: undefined };
    const again = (inner: Value): string => {
      const text: string[] = [];
      this.#writeLoop(node, inner, outer, { out: text, depth: depth + 1 });
      return text.join('');
    };
    for (const [index, item] of items.entries()) {
      this.#step(node.at);
      state.index = index;
      const scope = new Scope(outer);
      scope.set('loop', loopObject(this, state, recursive ? again : undefined));
      scope.assign(target, item);
      if (this.#write(body, scope, out) === 'break') break;
    }
    return 'end';
  }

  #macro(node: MacroNode, scope: Scope): Value {
    const names = namesRead(node.body);
    const special = {
      caller: names.has('caller'),
      kwargs: names.has('kwargs'),
      varargs: names.has('varargs'),
    };
    return macroObject(node, special, scope, this, this);
  }

  #step(at?: number, steps = 1): void {
    this.#steps += steps;
    if (this.#steps > mostSteps) throw new JinjaError(`the template takes more than ${mostSteps} steps`, at);
  }

  #counted(text: string): string {
    this.#written += text.length;
    if (this.#written > longest) throw new JinjaError(`the template gives more than ${longest} characters`);
    return text;
  }
}

import { any, type Known, type KnownNames } from './known.ts';
import { filters, unknownFilter } from './jinja/library/filters.ts';
import { globalsOf } from './jinja/library/globals.ts';
import { tests } from './jinja/library/tests.ts';
import type { Body, Expression, FilterUse, ParameterNode, Statement, Target } from './jinja/syntax/nodes.ts';
import type { Program } from './jinja/syntax/parser.ts';
import { argumentsIn, partsOf } from './jinja/syntax/walk.ts';

export interface NameProblem {
  readonly about: 'name' | 'column' | 'filter' | 'test';
  readonly message: string;
  /** Offset into the template's text. */
  readonly at: number;
  readonly found: string;
  readonly candidates: readonly string[];
}

/** Filters whose result is a list of the same items. */
const keepsItems = new Set([
  'list',
  'reverse',
  'sort',
  'unique',
  'select',
  'reject',
  'selectattr',
  'rejectattr',
]);

/** What every mapping has as a method. */
const methods = new Set(['get', 'items', 'keys', 'values', 'copy']);

type Names = Map<string, Known>;

/**
 * Walks the syntax tree as rendering would and reports every name that is not known there, every member that a known
 * row does not have, and every filter and test that does not exist. Names set by the template itself (`for`, `set`,
 * macros) are known from where they are set; `x is defined` and `x | default(...)` may ask about anything.
 */
export function nameProblems(program: Program, known: KnownNames): readonly NameProblem[] {
  const check = new NameCheck(program.source, [...known.keys()]);
  const globals = [...globalsOf().keys()].map((name): [string, Known] => [name, any]);
  check.body(program.body, new Map([...globals, ...known]));
  return check.problems;
}

class NameCheck {
  readonly problems: NameProblem[] = [];
  readonly #source: string;
  readonly #candidates: readonly string[];

  constructor(source: string, candidates: readonly string[]) {
    this.#source = source;
    this.#candidates = candidates;
  }

  body(body: Body, names: Names): void {
    for (const statement of body) this.#statement(statement, names);
  }

  #statement(node: Statement, names: Names): void {
    switch (node.type) {
      case 'text':
      case 'break':
      case 'continue':
        return;
      case 'output':
        this.#expression(node.expression, names);
        return;
      case 'if':
        for (const { test, body } of node.branches) {
          this.#expression(test, names);
          this.body(body, names);
        }
        this.body(node.otherwise, names);
        return;
      case 'for':
        this.#loop(node, names);
        return;
      case 'set':
        assign(node.target, this.#expression(node.value, names), names);
        return;
      case 'set-block':
      case 'filter-block':
        this.body(node.body, new Map(names));
        for (const filter of node.filters) this.#filter(filter, any, names);
        if (node.type === 'set-block') assign(node.target, any, names);
        return;
      case 'macro':
        names.set(node.name, any);
        this.#macro(node, names);
        return;
      case 'call-block':
        this.#expression(node.call, names);
        this.#macro(node, names);
        return;
      case 'with': {
        const inner = new Map(names);
        for (const [target, value] of node.assignments) assign(target, this.#expression(value, names), inner);
        this.body(node.body, inner);
      }
    }
  }

  #loop(node: Statement & { readonly type: 'for' }, names: Names): void {
    const inner = new Map(names);
    const items = this.#expression(node.items, names);
    assign(node.target, items.type === 'list' ? items.item : any, inner);
    if (node.condition !== undefined) this.#expression(node.condition, inner);
    inner.set('loop', any);
    this.body(node.body, inner);
    this.body(node.otherwise, new Map(names));
  }

  #macro(node: { readonly parameters: readonly ParameterNode[]; readonly body: Body }, names: Names): void {
    const inner = new Map(names);
    for (const name of ['caller', 'varargs', 'kwargs']) inner.set(name, any);
    for (const parameter of node.parameters) {
      if (parameter.default !== undefined) this.#expression(parameter.default, inner);
      inner.set(parameter.name, any);
    }
    this.body(node.body, inner);
  }

  #expression(node: Expression, names: Names): Known {
    switch (node.type) {
      case 'name':
        return this.#name(node.name, node.at, names);
      case 'attribute':
        return this.#member(node, node.name, this.#expression(node.object, names));
      case 'item': {
        const { object, key } = node;
        const holder = this.#expression(object, names);
        if (key.type === 'constant' && typeof key.value === 'string')
          return this.#member(node, key.value, holder);
        this.#expression(key, names);
        return holder.type === 'list' ? holder.item : any;
      }
      case 'slice': {
        const [object, ...bounds] = partsOf(node);
        for (const bound of bounds) this.#expression(bound, names);
        return object === undefined ? any : this.#expression(object, names);
      }
      case 'filter':
        return this.#filtered(node.operand, node.filter, names);
      case 'test':
        this.#test(node, names);
        return any;
      case 'conditional': {
        this.#expression(node.test, names);
        const value = this.#expression(node.then, names);
        if (node.otherwise !== undefined) this.#expression(node.otherwise, names);
        return value;
      }
      default:
        // Everything else binds no names and gives what nothing is known of.
        for (const part of partsOf(node)) this.#expression(part, names);
        return any;
    }
  }

  #name(name: string, at: number, names: Names): Known {
    const value = names.get(name);
    if (value === undefined) {
      const message = `unknown template variable \`${name}\``;
      this.problems.push({ about: 'name', message, at, found: name, candidates: this.#candidates });
    }
    return value ?? any;
  }

  #member(node: Expression, name: string, holder: Known): Known {
    if (holder.type !== 'record') return any;
    const field = holder.fields.get(name);
    if (field === undefined && !holder.open && !methods.has(name)) {
      this.problems.push({
        about: 'column',
        message: `no column \`${name}\` for the template's \`${this.#source.slice(node.at, node.end)}\``,
        at: node.at,
        found: name,
        candidates: [...holder.fields.keys()],
      });
    }
    return field ?? any;
  }

  #filtered(operand: Expression, filter: FilterUse, names: Names): Known {
    const asks = /^(?:d|default)$/.test(filter.name) && operand.type === 'name';
    return this.#filter(filter, asks ? any : this.#expression(operand, names), names);
  }

  #filter({ name, args, at }: FilterUse, value: Known, names: Names): Known {
    for (const argument of argumentsIn(args)) this.#expression(argument, names);
    if (!filters.has(name)) {
      const { message } = unknownFilter(name);
      this.problems.push({ about: 'filter', message, at, found: name, candidates: [...filters.keys()] });
    }
    if (value.type !== 'list') return any;
    if (keepsItems.has(name)) return value;
    return name === 'first' || name === 'last' ? value.item : any;
  }

  #test({ name, operand, args, at }: Expression & { readonly type: 'test' }, names: Names): void {
    for (const argument of argumentsIn(args)) this.#expression(argument, names);
    if (name === 'defined' || name === 'undefined') return;
    this.#expression(operand, names);
    if (tests.has(name)) return;
    const message = `unknown template test \`${name}\``;
    this.problems.push({ about: 'test', message, at, found: name, candidates: [...tests.keys()] });
  }
}

function assign(target: Target, value: Known, names: Names): void {
  if (target.type === 'name') names.set(target.name, value);
  if (target.type === 'targets') for (const each of target.targets) assign(each, any, names);
}

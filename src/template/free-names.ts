import { any, type Known, type KnownNames } from './known.ts';
import { isNode, sourceOf, type Node, type Program } from './syntax.ts';

export interface NameProblem {
  readonly about: 'name' | 'column' | 'filter';
  readonly message: string;
  readonly found: string;
  readonly candidates: readonly string[];
}

/** What Jinja itself defines (setupGlobals in @huggingface/jinja, and the loop variable inside `for`). */
const globals = ['true', 'false', 'none', 'True', 'False', 'None', 'range', 'namespace', 'raise_exception'];

/** Filters that @huggingface/jinja 0.5 implements (applyFilter in its runtime). */
const filters = new Set(
  (
    'abs bool capitalize default dictsort first float indent int items join keys last length list lower map ' +
    'rejectattr replace reverse safe selectattr sort string title tojson trim unique upper values'
  ).split(' '),
);

/** Filters whose result is a list of the same items. */
const keepsItems = new Set(['list', 'reverse', 'sort', 'unique', 'selectattr', 'rejectattr']);

/** What Jinja gives every mapping. */
const methods = new Set(['get', 'items', 'keys', 'values']);

type Scope = Map<string, Known>;

/**
 * Walks the syntax tree as the interpreter would and reports every name that is not known there, every member that
 * a known row does not have, and every filter that does not exist. Names set by the template itself (`for`, `set`,
 * macros) are known from where they are set; `x is defined` and `x | default(...)` may ask about anything.
 */
export function nameProblems(program: Program, known: KnownNames): readonly NameProblem[] {
  const problems: NameProblem[] = [];
  const scope: Scope = new Map([...globals.map((name): [string, Known] => [name, any]), ...known]);
  const candidates = [...known.keys()];

  const block = (body: unknown, names: Scope): void => {
    if (Array.isArray(body)) for (const node of body) if (isNode(node)) visit(node, names);
  };

  const assign = (target: unknown, value: Known, names: Scope): void => {
    if (!isNode(target)) return;
    if (target.type === 'Identifier') names.set(String(target['value']), value);
    if (target.type === 'TupleLiteral')
      for (const part of target['value'] as Node[]) assign(part, any, names);
  };

  const member = (node: Node, names: Scope): Known => {
    const object = visit(node['object'] as Node, names);
    const property = node['property'] as Node;
    if (node['computed'] === true && property.type !== 'StringLiteral') {
      visit(property, names);
      if (object.type !== 'list') return any;
      return property.type === 'SliceExpression' ? object : object.item;
    }
    if (object.type !== 'record') return any;
    const name = String(property['value']);
    const field = object.fields.get(name);
    if (field === undefined && !object.open && !methods.has(name)) {
      problems.push({
        about: 'column',
        message: `no column \`${name}\` for the template's \`${sourceOf(node)}\``,
        found: name,
        candidates: [...object.fields.keys()],
      });
    }
    return field ?? any;
  };

  const filter = (node: Node, names: Scope): Known => {
    const applied = node['filter'] as Node;
    const name = String((applied.type === 'CallExpression' ? (applied['callee'] as Node) : applied)['value']);
    if (applied.type === 'CallExpression') block(applied['args'], names);
    if (!filters.has(name)) {
      problems.push({
        about: 'filter',
        message: `unknown template filter \`${name}\``,
        found: name,
        candidates: [...filters],
      });
    }
    if (node['operand'] === undefined) return any;
    const operand = node['operand'] as Node;
    if (name === 'default' && operand.type === 'Identifier') return any;
    const value = visit(operand, names);
    if (value.type !== 'list') return any;
    if (keepsItems.has(name)) return value;
    return name === 'first' || name === 'last' ? value.item : any;
  };

  const loop = (node: Node, names: Scope): void => {
    const inner = new Map(names);
    const iterable = node['iterable'] as Node;
    const selected = iterable.type === 'SelectExpression';
    const items = visit(selected ? (iterable['lhs'] as Node) : iterable, names);
    assign(node['loopvar'], items.type === 'list' ? items.item : any, inner);
    if (selected) visit(iterable['test'] as Node, inner);
    inner.set('loop', any);
    block(node['body'], inner);
    block(node['defaultBlock'], names);
  };

  const macro = (node: Node, names: Scope): void => {
    assign(node['name'], any, names);
    const inner = new Map(names);
    for (const name of ['caller', 'varargs', 'kwargs']) inner.set(name, any);
    for (const parameter of (node['args'] ?? node['callerArgs'] ?? []) as Node[]) {
      assign(parameter.type === 'KeywordArgumentExpression' ? parameter['key'] : parameter, any, inner);
      if (isNode(parameter['value'])) visit(parameter['value'], names);
    }
    block(node['body'], inner);
  };

  const visit = (node: Node, names: Scope): Known => {
    switch (node.type) {
      case 'Identifier': {
        const name = String(node['value']);
        const value = names.get(name);
        if (value === undefined) {
          problems.push({
            about: 'name',
            message: `unknown template variable \`${name}\``,
            found: name,
            candidates,
          });
        }
        return value ?? any;
      }
      case 'MemberExpression':
        return member(node, names);
      case 'FilterExpression':
        return filter(node, names);
      case 'FilterStatement':
        block(node['body'], names);
        return filter(node, names);
      case 'TestExpression': {
        const test = String((node['test'] as Node)['value']);
        if (test !== 'defined' && test !== 'undefined') visit(node['operand'] as Node, names);
        return any;
      }
      case 'For':
        loop(node, names);
        return any;
      case 'Macro':
        macro(node, names);
        return any;
      case 'CallStatement':
        visit(node['call'] as Node, names);
        macro(node, names);
        return any;
      case 'Set': {
        const value = isNode(node['value']) ? visit(node['value'], names) : any;
        block(node['body'], names);
        assign(node['assignee'], value, names);
        return any;
      }
      case 'KeywordArgumentExpression':
        return visit(node['value'] as Node, names);
      case 'ObjectLiteral':
        for (const [key, value] of node['value'] as Map<Node, Node>) {
          visit(key, names);
          visit(value, names);
        }
        return any;
      case 'Ternary': {
        visit(node['condition'] as Node, names);
        const value = visit(node['trueExpr'] as Node, names);
        visit(node['falseExpr'] as Node, names);
        return value;
      }
      default:
        // Everything else binds no names: its parts are looked at where they stand.
        for (const [field, part] of Object.entries(node)) {
          // An operator is a token, which looks like a node: `not` like a name.
          if (field === 'operator') continue;
          if (isNode(part)) visit(part, names);
          else block(part, names);
        }
        return any;
    }
  };

  block(program.body, scope);
  return problems;
}

import { parse, tokenize } from './jinja.ts';

/** The nodes of the syntax tree, looked at by name. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A whole template. */
export interface Program extends Node {
  readonly body: readonly Node[];
}

/**
 * Parses Jinja with the whitespace rules of chat templates (`trim_blocks` and `lstrip_blocks`), except that a final
 * newline is kept: prompts are compared byte by byte, and a prompt that ends in a newline must keep it.
 *
 * @throws Error with the parser's message when the text is not Jinja.
 */
export function parseJinja(source: string): Program {
  const hasBlocks = /\{[%#]/.test(source);
  const trimmed = hasBlocks
    ? source.replace(/^[ \t]*(?=\{[%#])/gm, '').replace(/(?<=[%#]\})\n/g, '')
    : source;
  // The tokenizer drops one final newline, so it is given one more.
  return parse(tokenize(trimmed.endsWith('\n') ? `${trimmed}\n` : trimmed)) as Program;
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

/** A node as the author wrote it, more or less: for messages. */
export function sourceOf(node: Node): string {
  switch (node.type) {
    case 'Identifier':
      return String(node['value']);
    case 'StringLiteral':
      return JSON.stringify(node['value']);
    case 'IntegerLiteral':
    case 'FloatLiteral':
      return String(node['value']);
    case 'MemberExpression': {
      const object = sourceOf(node['object'] as Node);
      const property = sourceOf(node['property'] as Node);
      return node['computed'] === true ? `${object}[${property}]` : `${object}.${property}`;
    }
    case 'SliceExpression': {
      const [start, stop] = [node['start'], node['stop']].map((end) => (isNode(end) ? sourceOf(end) : ''));
      return `${start}:${stop}`;
    }
    case 'CallExpression':
      return `${sourceOf(node['callee'] as Node)}(…)`;
    case 'FilterExpression':
      return `${sourceOf(node['operand'] as Node)} | ${sourceOf(node['filter'] as Node)}`;
    default:
      return 'the expression';
  }
}

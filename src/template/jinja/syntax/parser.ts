import { JinjaError, notSupported, withinStack } from '../error.ts';
import { parseExpression, parseFilter, parseTuple } from './expressions.ts';
import { tokenize, withPlainLineBreaks } from './lexer.ts';
import type { Body, Expression, FilterUse, ParameterNode, Statement, Target } from './nodes.ts';
import { TokenReader } from './token-reader.ts';

/** A template as it is rendered. */
export interface Program {
  /** The text that offsets are relative to. */
  readonly source: string;
  readonly body: Body;
}

/** @throws JinjaError with its place */
export function parseProgram(
  source: string,
  { keepFinalNewline }: { readonly keepFinalNewline: boolean },
): Program {
  const plain = withPlainLineBreaks(source);
  const text = keepFinalNewline ? plain : plain.replace(/\n$/, '');
  const reader = new TokenReader(text, tokenize(text));
  return { source: text, body: withinStack(() => parseBody(reader, undefined)) };
}

/** The block that a body belongs to: what it is called, where it begins, and the words that end it. */
interface Enclosing {
  readonly name: string;
  readonly at: number;
  readonly ends: readonly string[];
  /** Whether `break` may stand in it. */
  readonly inLoop: boolean;
}

type Around = Pick<Enclosing, 'inLoop'>;

/** Statements up to a tag that ends them, whose word is the next token then. */
function parseBody(reader: TokenReader, enclosing: Enclosing | undefined): Body {
  return reader.deeper(() => {
    const body: Statement[] = [];
    while (reader.peek() !== undefined) {
      const at = reader.at;
      if (reader.is('text')) {
        const { value } = reader.take();
        body.push({ type: 'text', text: value, at, end: reader.end });
      } else if (reader.skip('open-output')) {
        const expression = parseTuple(reader);
        reader.expect('close-output');
        body.push({ type: 'output', expression, at, end: reader.end });
      } else {
        reader.expect('open-block');
        const word = reader.peek()?.value;
        if (reader.is('name') && word !== undefined && enclosing?.ends.includes(word) === true) return body;
        body.push(...parseStatement(reader, at, enclosing));
      }
    }
    if (enclosing === undefined) return body;
    const end = enclosing.ends.at(-1) ?? '';
    throw new JinjaError(
      `\`{% ${enclosing.name} %}\` is not closed: \`{% ${end} %}\` is missing`,
      enclosing.at,
    );
  });
}

/** A body that one word ends, with the tag of that word. */
function parseBlock(reader: TokenReader, name: string, at: number, { inLoop = false } = {}): Body {
  reader.expect('close-block');
  const body = parseBody(reader, { name, at, ends: [`end${name}`], inLoop });
  reader.take();
  reader.expect('close-block');
  return body;
}

/** Statements of Jinja2 that are left out, with what to do instead. */
const refusedStatements: ReadonlyMap<string, string> = new Map([
  ['include', 'put the text into the template'],
  ['import', 'put the macros into the template'],
  ['from', 'put the macros into the template'],
  ['extends', 'a template here stands by itself'],
  ['block', 'a template here stands by itself: leave the tags out'],
  ['do', 'use `set`'],
  ['debug', 'leave it out'],
  ['autoescape', 'use the filter `escape`'],
  ['trans', 'write the text itself'],
]);

function parseStatement(
  reader: TokenReader,
  at: number,
  enclosing: Enclosing | undefined,
): readonly Statement[] {
  const inLoop = enclosing?.inLoop ?? false;
  const { value: word, at: wordAt } = reader.expect('name');
  switch (word) {
    case 'if':
      return [parseIf(reader, at, { inLoop })];
    case 'for':
      return [parseFor(reader, at, { inLoop })];
    case 'set':
      return [parseSet(reader, at)];
    case 'macro':
      return [parseMacro(reader, at)];
    case 'call':
      return [parseCall(reader, at)];
    case 'with':
      return [parseWith(reader, at, { inLoop })];
    case 'filter': {
      const filters = parseFilters(reader);
      return [{ type: 'filter-block', filters, body: parseBlock(reader, word, at), at, end: reader.end }];
    }
    case 'print': {
      const printed = [parseExpression(reader)];
      while (reader.skip('operator', ',')) printed.push(parseExpression(reader));
      reader.expect('close-block');
      return printed.map((expression) => ({ type: 'output', expression, at, end: reader.end }));
    }
    case 'break':
    case 'continue':
      if (!inLoop) throw new JinjaError(`\`{% ${word} %}\` stands outside of a loop`, wordAt);
      reader.expect('close-block');
      return [{ type: word, at, end: reader.end }];
    case 'generation':
      // Marks what an assistant wrote, for training; the text is that of its body.
      return parseBlock(reader, word, at, { inLoop });
    default:
  }
  const instead = refusedStatements.get(word);
  if (instead !== undefined) throw notSupported(`\`{% ${word} %}\``, instead, wordAt);
  if (/^(?:end|el(?:if|se)$)/.test(word)) {
    const open = enclosing === undefined ? 'nothing is open' : `\`{% ${enclosing.name} %}\` is open`;
    throw new JinjaError(`\`{% ${word} %}\` closes what is not open: ${open}`, wordAt);
  }
  throw new JinjaError(`unknown statement \`${word}\``, wordAt);
}

function parseIf(reader: TokenReader, at: number, { inLoop }: Around): Statement {
  const branches: { readonly test: Expression; readonly body: Body }[] = [];
  let otherwise: Body = [];
  const enclosing = { name: 'if', at, ends: ['elif', 'else', 'endif'], inLoop };
  for (;;) {
    const test = parseTuple(reader, { conditional: false });
    reader.expect('close-block');
    branches.push({ test, body: parseBody(reader, enclosing) });
    if (reader.skip('name', 'elif')) continue;
    if (reader.skip('name', 'else')) {
      reader.expect('close-block');
      otherwise = parseBody(reader, { ...enclosing, ends: ['endif'] });
    }
    reader.expect('name', 'endif');
    reader.expect('close-block');
    return { type: 'if', branches, otherwise, at, end: reader.end };
  }
}

function parseFor(reader: TokenReader, at: number, { inLoop }: Around): Statement {
  const target = parseTarget(reader, { ends: ['in'] });
  reader.expect('name', 'in');
  const items = parseTuple(reader, { conditional: false, ends: ['recursive'] });
  const condition = reader.skip('name', 'if') ? parseExpression(reader) : undefined;
  const recursive = reader.skip('name', 'recursive');
  reader.expect('close-block');
  const enclosing = { name: 'for', at, ends: ['else', 'endfor'], inLoop: true };
  const body = parseBody(reader, enclosing);
  let otherwise: Body = [];
  if (reader.skip('name', 'else')) {
    reader.expect('close-block');
    otherwise = parseBody(reader, { ...enclosing, ends: ['endfor'], inLoop });
  }
  reader.expect('name', 'endfor');
  reader.expect('close-block');
  return { type: 'for', target, items, condition, recursive, body, otherwise, at, end: reader.end };
}

function parseSet(reader: TokenReader, at: number): Statement {
  const target = parseTarget(reader, { fields: true });
  if (reader.skip('operator', '=')) {
    const value = parseTuple(reader);
    reader.expect('close-block');
    return { type: 'set', target, value, at, end: reader.end };
  }
  const filters = reader.skip('operator', '|') ? parseFilters(reader) : [];
  return { type: 'set-block', target, filters, body: parseBlock(reader, 'set', at), at, end: reader.end };
}

function parseFilters(reader: TokenReader): readonly FilterUse[] {
  const filters = [parseFilter(reader)];
  while (reader.skip('operator', '|')) filters.push(parseFilter(reader));
  return filters;
}

function parseMacro(reader: TokenReader, at: number): Statement {
  const name = targetName(reader);
  const parameters = parseParameters(reader);
  return { type: 'macro', name, parameters, body: parseBlock(reader, 'macro', at), at, end: reader.end };
}

function parseCall(reader: TokenReader, at: number): Statement {
  const parameters = reader.isOperator('(') ? parseParameters(reader) : [];
  const call = parseExpression(reader);
  if (call.type !== 'call')
    throw new JinjaError('`{% call %}` calls a macro: `{% call name(...) %}`', call.at);
  return { type: 'call-block', call, parameters, body: parseBlock(reader, 'call', at), at, end: reader.end };
}

function parseWith(reader: TokenReader, at: number, { inLoop }: Around): Statement {
  const assignments: (readonly [Target, Expression])[] = [];
  while (!reader.is('close-block')) {
    if (assignments.length > 0) reader.expect('operator', ',');
    const target = parseTarget(reader, { single: true });
    reader.expect('operator', '=');
    assignments.push([target, parseExpression(reader)]);
  }
  return { type: 'with', assignments, body: parseBlock(reader, 'with', at, { inLoop }), at, end: reader.end };
}

function parseParameters(reader: TokenReader): readonly ParameterNode[] {
  reader.expect('operator', '(');
  const parameters: ParameterNode[] = [];
  while (!reader.isOperator(')')) {
    if (parameters.length > 0) reader.expect('operator', ',');
    const at = reader.at;
    const name = targetName(reader);
    const value = reader.skip('operator', '=') ? parseExpression(reader) : undefined;
    if (value === undefined && parameters.some((each) => each.default !== undefined)) {
      throw new JinjaError(`the parameter \`${name}\` needs a default, as one before it has one`, at);
    }
    parameters.push({ name, default: value });
  }
  reader.expect('operator', ')');
  return parameters;
}

/** A name that may be assigned to. */
function targetName(reader: TokenReader): string {
  const { value, at } = reader.expect('name');
  if (/^(?:[Tt]rue|[Ff]alse|[Nn]one)$/.test(value))
    throw new JinjaError(`nothing can be assigned to \`${value}\``, at);
  return value;
}

interface TargetOptions {
  /** Words that end a list of targets after a comma. */
  readonly ends?: readonly string[];
  /** A field of a namespace may be one. */
  readonly fields?: boolean;
  /** Only one, without commas. */
  readonly single?: boolean;
}

function parseTarget(reader: TokenReader, options: TargetOptions): Target {
  const at = reader.at;
  const targets = [parseOneTarget(reader, options)];
  let several = false;
  while (options.single !== true && reader.skip('operator', ',')) {
    several = true;
    if (reader.isOperator('=', ')') || reader.is('close-block') || reader.isWord(...(options.ends ?? [])))
      break;
    targets.push(parseOneTarget(reader, options));
  }
  const [only] = targets;
  return only !== undefined && !several ? only : { type: 'targets', targets, at, end: reader.end };
}

function parseOneTarget(reader: TokenReader, options: TargetOptions): Target {
  const at = reader.at;
  if (reader.skip('operator', '(')) {
    const inner = parseTarget(reader, { ...options, single: false });
    reader.expect('operator', ')');
    return inner;
  }
  const name = targetName(reader);
  if (options.fields === true && reader.skip('operator', '.')) {
    const field = reader.expect('name').value;
    return { type: 'field', namespace: name, field, at, end: reader.end };
  }
  return { type: 'name', name, at, end: reader.end };
}

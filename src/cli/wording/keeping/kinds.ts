import { parse } from 'yaml';
import type { Column } from '../../../table/table.ts';
import type { Json, JsonObject } from '../../../system/json.ts';
import type { InputPort, StageKind } from '../../../engine/stage-kind.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns, wrap } from '../parts/columns.ts';
import { wordValue } from '../parts/values.ts';

/** Of a page of documentation, in columns of a terminal. */
const WIDTH = 120;

export interface KindDescription {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly example: string;
  readonly options: readonly OptionDescription[];
  readonly inputs: readonly InputPort[];
  readonly takesFurtherInputs: boolean;
  /** What the example gives: its type and columns; absent where that depends on what it reads. */
  readonly output?: { readonly type: string; readonly columns?: readonly Column[] };
  readonly schema: JsonObject;
}

export interface OptionDescription {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: Json;
  readonly description: string;
}

export function describeKind(kind: StageKind<unknown>): KindDescription {
  const output = outputOf(kind);
  return {
    name: kind.name,
    summary: kind.summary,
    description: kind.description,
    example: kind.example,
    options: optionsOf(kind.options),
    inputs: kind.inputs.ports,
    takesFurtherInputs: kind.inputs.open === true,
    ...(output && { output }),
    schema: kind.options,
  };
}

/** The schema of pipeline files is in a file now. */
export function wordWritten(file: string): string {
  return `wrote ${file}\n`;
}

export function wordKinds(
  kinds: readonly { readonly name: string; readonly summary: string }[],
  colors: Colors,
): string {
  return `${alignColumns(kinds.map(({ name, summary }) => [colors.bold(name), summary])).join('\n')}\n`;
}

export function wordKind(kind: KindDescription, colors: Colors): string {
  const heading = (text: string) => colors.bold(text);
  const inputs = kind.inputs.map(({ name, type, optional, description }) => [
    `  ${name}`,
    optional ? `${type}, optional` : type,
    description,
  ]);
  if (kind.takesFurtherInputs) inputs.push(['  (any name)', 'any', 'further inputs']);
  const columns = (kind.output?.columns ?? []).map(({ name, type, unit, description }) => [
    `  ${name}`,
    unit === undefined ? type : `${type} (${unit})`,
    description ?? '',
  ]);
  const sections = [
    [`${heading(kind.name)}: ${kind.summary}`],
    kind.description
      .trim()
      .split('\n')
      .flatMap((line) => wrap(line, WIDTH)),
    inputs.length > 0 ? [heading('Inputs'), ...alignColumns(inputs)] : [],
    kind.options.length > 0 ? [heading('Options'), ...kind.options.flatMap(wordOption)] : [],
    kind.output ? [`${heading('Output')} of the example: ${kind.output.type}`, ...alignColumns(columns)] : [],
    [
      heading('Example'),
      ...kind.example
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Its name, type and default; what it means stands below, where no long type pushes it away. */
function wordOption({ name, type, required, default: preset, description }: OptionDescription): string[] {
  const given = required ? ', required' : preset === undefined ? '' : `, default ${wordValue(preset, 30)}`;
  return [...wrap(`${name}: ${type}${given}`, WIDTH, '  '), ...wrap(description, WIDTH, '      ')];
}

/** Named options, and one level below: `formats.<name>.template`, `items[].question`. */
function optionsOf(root: JsonObject, schema = root, prefix = ''): OptionDescription[] {
  const properties = objectOf(schema.properties);
  const required = Array.isArray(schema.required) ? (schema.required as readonly Json[]) : [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const property = resolved(root, value);
    const option: OptionDescription = {
      name: prefix + name,
      type: typeOf(root, property),
      required: required.includes(name),
      ...(property.default !== undefined && { default: property.default }),
      description: typeof property.description === 'string' ? oneLine(property.description) : '',
    };
    if (prefix !== '') return [option];
    return [
      option,
      ...optionsOf(root, property, `${name}.`),
      ...optionsOf(root, resolved(root, property.additionalProperties), `${name}.<name>.`),
      ...optionsOf(root, resolved(root, property.items), `${name}[].`),
    ];
  });
}

function typeOf(root: JsonObject, schema: JsonObject): string {
  if (Array.isArray(schema.enum))
    return (schema.enum as readonly Json[])
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      .join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  for (const word of ['oneOf', 'anyOf'] as const) {
    const choices = schema[word];
    if (!Array.isArray(choices) || schema.type !== undefined) continue;
    const types = (choices as readonly Json[]).map((choice) => typeOf(root, resolved(root, choice)));
    return [...new Set(types)].join(' or ');
  }
  if (schema.type === 'array') return `list${ofType(root, schema.items)}`;
  if (schema.type === 'object') {
    const values = ofType(root, schema.additionalProperties);
    return values === '' ? 'object' : `map${values}`;
  }
  if (Array.isArray(schema.type)) return (schema.type as readonly Json[]).map(String).join(' or ');
  return typeof schema.type === 'string' ? schema.type : 'any';
}

function ofType(root: JsonObject, value: Json | undefined): string {
  const schema = resolved(root, value);
  return Object.keys(schema).length > 0 ? ` of ${typeOf(root, schema)}` : '';
}

/** The schema itself, or what its `$ref` into the same document names. */
function resolved(root: JsonObject, value: Json | undefined): JsonObject {
  const schema = objectOf(value);
  const ref = schema.$ref;
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return schema;
  const steps = ref.slice(2).split('/');
  return objectOf(steps.reduce<Json | undefined>((at, step) => objectOf(at)[step], root));
}

/** The columns that the example gives, as far as they do not depend on what it reads. */
function outputOf(kind: StageKind<unknown>): KindDescription['output'] {
  try {
    const inputs = Object.fromEntries(
      kind.inputs.ports.map(({ name, type }) => [
        name,
        type === 'table' ? { type, columns: [], key: [], open: true } : { type },
      ]),
    );
    const options = { ...defaultsOf(kind.options), ...exampleOf(kind) };
    const shape = kind.output(options, inputs, { baseDir: '.' });
    return shape.type === 'table' ? { type: shape.type, columns: shape.columns } : { type: shape.type };
  } catch {
    return undefined;
  }
}

function exampleOf({ example }: StageKind<unknown>): JsonObject {
  return objectOf(objectOf(parse(example) as Json).with);
}

function defaultsOf(schema: JsonObject): JsonObject {
  const entries = Object.entries(objectOf(schema.properties)).flatMap(([name, value]) => {
    const preset = objectOf(value).default;
    return preset === undefined ? [] : [[name, preset] as const];
  });
  return Object.fromEntries(entries);
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

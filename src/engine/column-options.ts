import { isMap, type Json, type JsonObject, type Path } from '../system/json.ts';
import { branchesOf, propertyOf } from '../system/names-in-order.ts';
import type { OptionProblem } from '../system/failure.ts';
import { notNumeric, unknownColumns } from '../table/columns.ts';
import type { Shape, StageKind } from './stage-kind.ts';

/**
 * Keywords with which the schema of options says that a text names a column: `columnOf` is the name of the input that
 * has it, and `columnType: number` says that it must hold numbers.
 */
export const columnKeywords = [
  { keyword: 'columnOf', schemaType: 'string' },
  { keyword: 'columnType', schemaType: 'string', metaSchema: { enum: ['number'] } },
] as const;

/** What `check` says of the options, and what the schema's own words about columns say. */
export function optionProblems(
  kind: StageKind<unknown>,
  options: JsonObject,
  inputs: Readonly<Record<string, Shape>>,
  context: { readonly baseDir: string },
): readonly OptionProblem[] {
  return [...(kind.check?.(options, inputs, context) ?? []), ...columnProblems(kind, options, inputs)];
}

function columnProblems(
  { options: schema }: StageKind<unknown>,
  options: JsonObject,
  inputs: Readonly<Record<string, Shape>>,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const visit = (value: Json, path: Path, schemas: readonly JsonObject[]): void => {
    for (const named of schemas) {
      const input = named['columnOf'];
      const shape = typeof input === 'string' ? inputs[input] : undefined;
      if (typeof value !== 'string' || shape?.type !== 'table') continue;
      const uses = [{ name: value, path }];
      const unknown = unknownColumns(shape, uses);
      problems.push(
        ...unknown,
        ...(unknown.length === 0 && named['columnType'] === 'number' ? notNumeric(shape, uses) : []),
      );
    }
    if (Array.isArray(value)) {
      const items = schemas.flatMap((each) => branchesOf(schema, each['items']));
      value.forEach((item: Json, index) => {
        visit(item, [...path, index], items);
      });
    } else if (isMap(value)) {
      for (const [name, inner] of Object.entries(value)) {
        visit(
          inner,
          [...path, name],
          schemas.flatMap((each) => branchesOf(schema, propertyOf(each, name))),
        );
      }
    }
  };
  visit(options, [], branchesOf(schema, schema));
  return problems;
}

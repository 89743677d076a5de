import type { Cell } from '../table/table.ts';
import type { Shape } from '../engine/stage-kind.ts';
import type { Artifact } from '../engine/artifact.ts';
import type { OptionProblem } from '../system/failure.ts';
import { knownOfShape } from './known.ts';
import { checkTemplate } from './template.ts';

/** What is wrong with a template that reads whole inputs by name. */
export function checkInputsTemplate(
  source: string,
  path: readonly (string | number)[],
  inputs: Readonly<Record<string, Shape>>,
): readonly OptionProblem[] {
  const known = new Map(Object.entries(inputs).map(([name, shape]) => [name, knownOfShape(shape)]));
  return checkTemplate(source, path, known);
}

/** Inputs as templates read them: a table is a list of rows, a value and a text are themselves. */
export function valuesOfInputs(inputs: Readonly<Record<string, Artifact>>): Readonly<Record<string, Cell>> {
  const values = Object.entries(inputs).flatMap(([name, input]): readonly (readonly [string, Cell])[] => {
    switch (input.type) {
      case 'table':
        return [[name, input.table.rows]];
      case 'value':
        return [[name, input.value]];
      case 'text':
        return [[name, input.text]];
      case 'figure':
        return [];
    }
  });
  return Object.fromEntries(values);
}

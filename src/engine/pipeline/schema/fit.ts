import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Json, JsonObject, Path } from '../../../system/json.ts';
import { copyOf } from '../../../system/names-in-order.ts';
import type { Problems } from '../problems.ts';
import { meantErrors } from './meant-errors.ts';
import { pipelineStructure } from './schema.ts';
import { validatorOf } from './validators.ts';
import { keyOf, wordError } from './word-error.ts';

/** Checks the structure of a pipeline file; `value` is the file with its parameters filled in. */
export function checkStructure(value: Json, problems: Problems): void {
  const validate = validatorOf(pipelineStructure);
  if (validate(value)) return;
  for (const error of meantErrors(validate.errors ?? [])) {
    report(error, [], value, problems);
  }
}

/** Options as their schema wants them, defaults filled in. */
export interface FittedOptions {
  readonly value: JsonObject;
  /**
   * Paths, inside the options, of keys and values that the schema does not allow. They are left out of `value`, so that
   * the kind can look at the rest. There are none when the options are whole.
   */
  readonly without: readonly Path[];
}

/**
 * Checks options against the schema of their kind, on a copy, and reports what it does not allow. Gives what fits. For
 * `{ rows: 3, titel: x }`, where `titel` is unknown, that is `{ rows: 3 }`. Undefined when even the rest does not fit,
 * for example because a required key is missing, and when a list would lose an item, because the items after it would
 * move.
 *
 * @param path leads from the root of the file to the options
 */
export function fitOptions(
  schema: JsonObject,
  options: JsonObject,
  path: Path,
  problems: Problems,
): FittedOptions | undefined {
  const validate = validatorOf(schema);
  const whole = copyOf(options);
  if (validate(whole)) return { value: whole, without: [] };
  const errors = meantErrors(validate.errors ?? []);
  const rest = copyOf(options);
  const without: Path[] = [];
  for (const error of errors) {
    const steps = stepsOf(error.instancePath, options);
    report(error, path, options, problems);
    const key = keyOf(error);
    const gone = key === undefined ? steps : [...steps, key];
    without.push(gone);
    deleteAt(rest, gone);
  }
  const losesItem = without.some((gone) => typeof gone.at(-1) !== 'string');
  return !losesItem && validate(rest) ? { value: rest, without } : undefined;
}

/**
 * @param path leads from the root of the file to what was checked
 * @param checked that, as it was written
 */
function report(error: ErrorObject, path: Path, checked: Json, problems: Problems): void {
  const steps = stepsOf(error.instancePath, checked);
  const written = stepsInto(checked, steps);
  const { code, message, at, ...details } = wordError(error, [...path, ...steps], written);
  problems.error(code, message, at, details);
}

function stepsInto(root: Json, steps: Path): Json | undefined {
  return steps.reduce<Json | undefined>((at, step) => (at as JsonObject | undefined)?.[step], root);
}

function deleteAt(root: JsonObject, path: Path): void {
  const holder = stepsInto(root, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof holder === 'object' && holder !== null && last !== undefined)
    Reflect.deleteProperty(holder, last);
}

/** The steps of a JSON pointer; those into lists as numbers. */
function stepsOf(pointer: string, root: Json): (string | number)[] {
  let at: Json | undefined = root;
  return pointer
    .split('/')
    .slice(1)
    .map((raw) => {
      const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const inList = Array.isArray(at);
      at = (at as Record<string, Json> | undefined)?.[step];
      return inList ? Number(step) : step;
    });
}

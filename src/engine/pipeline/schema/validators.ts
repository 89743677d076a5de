import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Ajv2020, Options, ValidateFunction } from 'ajv/dist/2020.js';
import { columnKeywords } from '../../column-options.ts';
import { type JsonObject } from '../../../system/json.ts';
import { sha256 } from '../../../system/hash.ts';
import { packageRoot } from '../../../system/package-root.ts';

const require = createRequire(import.meta.url);

/** Strict mode finds mistakes in schemas. Branches inherit types, so not `strictTypes`. */
const options: Options = {
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allowUnionTypes: true,
  allErrors: true,
  useDefaults: true,
  verbose: true,
};

/** Where the build puts the validators of the schemas that ship. */
export const validatorsFolder = join(packageRoot, 'dist', 'validators');

const known = new WeakMap<JsonObject, ValidateFunction>();
let opened: Ajv2020 | undefined;

/**
 * Ajv's validator of a schema: as the build has written it down, or else compiled here. Loading Ajv and compiling the
 * schemas that ship takes a tenth of a second, which a run in which all is cached would feel.
 *
 * @throws what Ajv says of a schema that cannot be used.
 */
export function validatorOf(schema: JsonObject): ValidateFunction {
  let validate = known.get(schema);
  if (validate === undefined) {
    const file = join(validatorsFolder, validatorFile(schema));
    validate = existsSync(file) ? (require(file) as ValidateFunction) : ajv().compile(schema);
    known.set(schema, validate);
  }
  return validate;
}

/** Why a schema that is not this project's cannot be used; undefined when it can. */
export function schemaMistake(schema: JsonObject): string | undefined {
  try {
    validatorOf(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Named by what went into it, so that an old one is never taken for a new one. */
export function validatorFile(schema: JsonObject): string {
  return `${sha256(JSON.stringify([options, columnKeywords, schema]))}.cjs`;
}

/** The validator as a CommonJS module of its own, for the build. */
export function validatorSource(schema: JsonObject): string {
  const { default: standaloneCode } = require('ajv/dist/standalone/index.js') as {
    default: (ajv: Ajv2020, validate: ValidateFunction) => string;
  };
  const writer = open({ ...options, code: { source: true } });
  return standaloneCode(writer, writer.compile(schema));
}

function ajv(): Ajv2020 {
  opened ??= open(options);
  return opened;
}

function open(given: Options): Ajv2020 {
  const library = require('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020 };
  const ajv = new library.Ajv2020(given);
  // They say nothing of a value by itself: the engine holds them to the tables that a stage reads.
  for (const keyword of columnKeywords) ajv.addKeyword(keyword);
  return ajv;
}

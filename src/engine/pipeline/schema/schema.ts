import type { JsonObject } from '../../../system/json.ts';
import type { StageKind } from '../../stage-kind.ts';
import { modulePathPattern } from '../module-path.ts';
import { slot, withReferences } from './editor-schema.ts';

/** Stage names are folder names in the run folder, which file systems end at 255 bytes, and words on the command line. */
export const stageName = '^[a-z0-9][a-z0-9_-]{0,99}$';

/** An axis is a column of what its instances give, and templates name columns. */
export const axisName = '^[A-Za-z_][A-Za-z0-9_]*$';

export const paramName = '^[A-Za-z_][A-Za-z0-9_-]*$';

/** What every pipeline looks like, whatever its stages are. */
export const pipelineStructure: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['stages'],
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      description: 'What runs of this pipeline are called. Without it, the name of the file.',
    },
    description: { type: 'string', description: 'What the pipeline finds out, in a sentence or two.' },
    params: {
      type: 'object',
      description: 'Values that stages use as `${params.name}` and that can be set for one run.',
      propertyNames: { pattern: paramName },
    },
    stages: {
      type: 'object',
      description: 'The stages by name, in any order: `from` says what reads what.',
      minProperties: 1,
      propertyNames: { pattern: stageName },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['uses'],
        properties: {
          uses: { type: 'string', description: 'The stage kind.' },
          from: {
            description:
              'The stage that is read; or, where a kind takes several inputs, stages by input name.',
            type: ['string', 'object'],
            additionalProperties: { type: 'string' },
          },
          with: { type: 'object', description: 'The options of the kind.' },
          matrix: {
            type: 'object',
            description:
              'Runs the stage once for each combination of these values, which `with` uses as `${matrix.axis}`. Who reads the stage gets one table, with a column for each axis.',
            minProperties: 1,
            propertyNames: { pattern: axisName },
            properties: {
              include: {
                type: 'array',
                description: 'Further combinations; each gives a value for every axis.',
                items: { type: 'object', description: 'Value by axis.', minProperties: 1 },
                minItems: 1,
              },
              exclude: {
                type: 'array',
                description: 'Combinations to leave out: all that have these values.',
                items: { type: 'object', description: 'Value by axis.', minProperties: 1 },
                minItems: 1,
              },
            },
            additionalProperties: {
              type: 'array',
              description: 'The values of an axis.',
              minItems: 1,
            },
          },
        },
      },
    },
  },
};

/** The JSON Schema of the pipeline file with the options of all kinds, for editors. */
export function pipelineSchema(kinds: ReadonlyMap<string, StageKind<unknown>>): JsonObject {
  const sorted = [...kinds.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const properties = pipelineStructure.properties as Record<string, JsonObject>;
  const stages = properties.stages as JsonObject;
  const stage = stages.additionalProperties as JsonObject;
  const stageProperties = stage.properties as Record<string, JsonObject>;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Assay pipeline',
    description: 'An experiment on how a language model reacts to prompts.',
    ...pipelineStructure,
    properties: {
      ...properties,
      stages: { ...stages, additionalProperties: { $ref: '#/$defs/stage' } },
    },
    $defs: {
      stage: {
        ...stage,
        properties: {
          ...stageProperties,
          with: slot(stageProperties.with as JsonObject),
          matrix: withReferences(stageProperties.matrix as JsonObject),
          uses: {
            description: 'The stage kind.',
            anyOf: [
              ...sorted.map(({ name, summary }) => ({ const: name, description: summary })),
              {
                type: 'string',
                pattern: modulePathPattern,
                description: 'A module of your own, relative to this file.',
              },
              { type: 'string', pattern: '\\$\\{', description: 'A parameter.' },
            ],
          },
        },
        allOf: sorted.map((kind) => ({
          if: { properties: { uses: { const: kind.name } }, required: ['uses'] },
          then: {
            properties: {
              with: slot({ $ref: `#/$defs/options-${kind.name}` }),
              from: fromSchema(kind),
            },
            ...(requiredKeys(kind).length > 0 && { required: requiredKeys(kind) }),
          },
        })),
      },
      ...Object.fromEntries(
        sorted.map((kind) => [
          `options-${kind.name}`,
          { description: kind.summary, ...withReferences(rebase(kind)) },
        ]),
      ),
    },
  };
}

function requiredKeys(kind: StageKind<unknown>): string[] {
  const { required } = kind.options;
  const options = Array.isArray(required) && required.length > 0 ? ['with'] : [];
  return kind.inputs.ports.some(({ optional }) => optional !== true) ? ['from', ...options] : options;
}

function fromSchema({ inputs }: StageKind<unknown>): JsonObject {
  if (inputs.ports.length === 0 && inputs.open !== true) {
    return { not: {}, description: 'This kind reads no stage.' };
  }
  const ports = Object.fromEntries(
    inputs.ports.map(({ name, type, description }) => [
      name,
      { type: 'string', description: `${description} (a ${type})` },
    ]),
  );
  return {
    type: ['string', 'object'],
    properties: ports,
    additionalProperties: inputs.open === true ? { type: 'string' } : false,
    required: inputs.ports.filter(({ optional }) => optional !== true).map(({ name }) => name),
  };
}

/** References inside a kind's options schema are relative to that schema: they move with it. */
function rebase(kind: StageKind<unknown>): JsonObject {
  const text = JSON.stringify(kind.options).replaceAll(
    /"\$ref":"#(\/[^"]*)?"/g,
    (_match, pointer: string | undefined) => `"$ref":"#/$defs/options-${kind.name}${pointer ?? ''}"`,
  );
  return JSON.parse(text) as JsonObject;
}

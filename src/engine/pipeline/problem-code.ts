/**
 * Every code of a problem: of what is found in a pipeline before it runs. Codes are for programs and stay as they are.
 * A spec holds the list to the code. Failures, which end a stage, have codes that their rooms choose, and so may the
 * stages of a user's own: the set of those is open (see `Problems.ofStage`).
 */
export const problemCodes = [
  // The file and its YAML.
  'file-not-found',
  'file-unreadable',
  'file-too-large',
  'is-a-folder',
  'not-utf8',
  'nesting-limit',
  'yaml-syntax',
  'yaml-space',
  'yaml-tab',
  'yaml-tag',
  'multiple-documents',
  'duplicate-key',
  'empty-file',
  'anchor-limit',
  'unknown-alias',
  'alias-cycle',
  'alias-limit',
  'merge-key',
  'bad-key',
  'missing-value',
  'not-finite',
  'inexact-number',
  'not-a-character',
  'reads-otherwise',
  // Parameters and references.
  'unknown-param',
  'bad-set',
  'param-reference',
  'param-not-text',
  'bad-reference',
  'no-reference',
  // What the schemas of the file and of options refuse.
  'unknown-key',
  'missing-key',
  'bad-name',
  'wrong-type',
  'wrong-value',
  // Stages and what they read.
  'unknown-kind',
  'unknown-stage',
  'cycle',
  'extra-input',
  'missing-input',
  'wrong-input-type',
  'scattered-input',
  'bad-option',
  'second-of-kind',
  'doubtful-option',
  // Matrices.
  'empty-matrix',
  'unknown-axis',
  'missing-axis',
  'matrix-too-large',
  'duplicate-instance',
  'exclude-unmatched',
  'matrix-mixed',
  'axis-taken',
  'column-clash',
  // Modules of the pipeline's own.
  'module-not-found',
  'module-broken',
  'module-not-trusted',
  'outside-folder',
  'bad-stage',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

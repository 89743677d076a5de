import { parseExpression, type AstNode } from './vega-expression.ts';

/** What is wrong with an expression of a figure. */
export interface ExpressionProblem {
  readonly message: string;
  readonly found?: string;
  readonly next?: string;
  readonly candidates?: readonly string[];
}

/**
 * Functions of Vega's expressions (vega.github.io/vega/docs/expressions) that a figure may call: those that compute
 * something from their arguments and from the figure's own scales and data.
 */
export const allowedFunctions: ReadonlySet<string> = new Set(
  `isNaN isFinite abs acos asin atan atan2 ceil cos exp floor hypot log max min pow round sin sqrt tan clamp utc datetime
  date day year month hours minutes seconds milliseconds time timezoneoffset utcdate utcday utcyear utcmonth utchours
  utcminutes utcseconds utcmilliseconds length parseFloat parseInt upper lower substring split trim btoa atob
  encodeURIComponent regexp test if cumulativeNormal cumulativeLogNormal cumulativeUniform densityNormal densityLogNormal
  densityUniform quantileNormal quantileLogNormal quantileUniform isArray isBoolean isDate isDefined isNumber isObject
  isRegExp isString isTuple isValid toBoolean toDate toNumber toString indexof join lastindexof replace reverse sort slice
  flush lerp interpolateLinear merge pad peek pluck span inrange truncate rgb lab hcl hsl luminance contrast sequence
  format utcFormat utcParse utcOffset utcSequence timeFormat timeParse timeOffset timeSequence timeUnitSpecifier
  monthFormat monthAbbrevFormat dayFormat dayAbbrevFormat quarter utcquarter week utcweek isoweek utcisoweek dayofyear
  utcdayofyear warn info debug extent intersect clampRange bandspace bandwidth copy domain range invert scale gradient
  geoArea geoBounds geoCentroid geoShape geoScale pathShape indata data treePath treeAncestors`
    .split(/\s+/)
    .filter((name) => name !== ''),
);

/** Functions by which two drawings of one figure could differ. */
const irreproducible = new Set(['now', 'random', 'sampleNormal', 'sampleLogNormal', 'sampleUniform']);

/**
 * What JavaScript's objects have by themselves. Through some of these names a value leads to the program that draws
 * it, and Vega's parser takes none of them for the name of a field.
 */
export const objectNames: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
]);

/** What is wrong with an expression as a person wrote it; undefined when it may be drawn. */
export function writtenProblem(text: string): ExpressionProblem | undefined {
  let tree: AstNode;
  try {
    tree = parseExpression(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { message: `the expression is not one of Vega's: ${said}`, found: text };
  }
  return problemIn(tree, (name) =>
    allowedFunctions.has(name)
      ? undefined
      : {
          message: `figures have no function \`${name}\``,
          found: name,
          candidates: [...allowedFunctions],
        },
  );
}

/** What is wrong with an expression that Vega has compiled, its own functions included. */
export function compiledProblem(tree: AstNode): ExpressionProblem | undefined {
  return problemIn(tree, () => undefined);
}

function problemIn(
  root: AstNode,
  unknown: (name: string) => ExpressionProblem | undefined,
): ExpressionProblem | undefined {
  let problem: ExpressionProblem | undefined;
  root.visit((node) => {
    problem ??=
      node.type === 'CallExpression'
        ? callProblem(node, unknown)
        : node.type === 'MemberExpression'
          ? memberProblem(node)
          : node.type === 'Property'
            ? nameProblem(node.key?.name ?? node.key?.value)
            : undefined;
  });
  return problem;
}

function callProblem(
  { callee, arguments: given }: AstNode,
  unknown: (name: string) => ExpressionProblem | undefined,
): ExpressionProblem | undefined {
  const name = callee?.name;
  if (name === undefined) return { message: 'only functions by name can be called' };
  if (irreproducible.has(name) || (name === 'datetime' && given?.length === 0)) {
    return {
      message: `\`${name}\` gives another value each time, and a figure is the same each time`,
      found: `${name}()`,
      next: 'compute the value in a stage, or write it into the pipeline',
    };
  }
  return unknown(name);
}

function memberProblem({ computed, property }: AstNode): ExpressionProblem | undefined {
  if (property === undefined) return undefined;
  if (computed !== true) return nameProblem(property.name);
  if (property.type === 'Literal') return nameProblem(property.value);
  if (isIndex(property)) return undefined;
  return {
    message: 'a field is named by its name, not by an expression',
    next: 'write `datum.name` or `datum["name"]`; an index may be a number or arithmetic',
  };
}

/** Arithmetic, which never gives a name. `+` is left out: it joins texts. */
function isIndex({ type, operator }: AstNode): boolean {
  return (
    (type === 'BinaryExpression' && ['-', '*', '/', '%'].includes(operator ?? '')) ||
    (type === 'UnaryExpression' && ['-', '+'].includes(operator ?? ''))
  );
}

function nameProblem(name: unknown): ExpressionProblem | undefined {
  if (typeof name !== 'string' || !objectNames.has(name)) return undefined;
  return {
    message: `a figure cannot read a field that is called \`${name}\``,
    found: name,
    next: 'rename the column first, with a `table` stage',
  };
}

import { numberAt, scalar, type ScalarFunction } from './function.ts';

function ofNumber(name: string, summary: string, compute: (x: number) => number): ScalarFunction {
  return scalar(name, 'x:number', 'number', summary, (args) => compute(numberAt(args, 0)));
}

export const mathFunctions: readonly ScalarFunction[] = [
  ofNumber('abs', 'absolute value', Math.abs),
  ofNumber('ceil', 'next whole number upwards', Math.ceil),
  ofNumber('floor', 'next whole number downwards', Math.floor),
  ofNumber('round', 'nearest whole number; of halves the even one, as in Python and R', halfToEven),
  ofNumber('trunc', 'without what stands behind the point', Math.trunc),
  ofNumber('sign', '-1, 0 or 1', Math.sign),
  ofNumber('sqrt', 'square root', Math.sqrt),
  ofNumber('cbrt', 'cube root', Math.cbrt),
  ofNumber('exp', 'e to the power of x', Math.exp),
  ofNumber('expm1', 'exp(x) - 1, exact near 0', Math.expm1),
  ofNumber('log', 'natural logarithm', Math.log),
  ofNumber('log10', 'logarithm to base 10', Math.log10),
  ofNumber('log1p', 'log(1 + x), exact near 0', Math.log1p),
  ofNumber('log2', 'logarithm to base 2', Math.log2),
  scalar('pow', 'base:number exponent:number', 'number', 'base ** exponent', (args) =>
    Math.pow(numberAt(args, 0), numberAt(args, 1)),
  ),
  scalar('greatest', 'x...:number', 'number', 'largest of its arguments', (args) =>
    Math.max(...(args as readonly number[])),
  ),
  scalar('least', 'x...:number', 'number', 'smallest of its arguments', (args) =>
    Math.min(...(args as readonly number[])),
  ),
  {
    ...scalar('is_nan', 'x:number', 'boolean', 'whether x is NaN; false for null', ([x]) => Number.isNaN(x)),
    takesNull: true,
  },
  {
    ...scalar('is_finite', 'x:number', 'boolean', 'whether x is neither null nor NaN nor infinite', ([x]) =>
      Number.isFinite(x),
    ),
    takesNull: true,
  },
  ofNumber('degrees', 'radians as degrees', (x) => (180 * x) / Math.PI),
  ofNumber('radians', 'degrees as radians', (x) => (Math.PI * x) / 180),
  ofNumber('sin', 'sine', Math.sin),
  ofNumber('cos', 'cosine', Math.cos),
  ofNumber('tan', 'tangent', Math.tan),
  ofNumber('asin', 'inverse sine', Math.asin),
  ofNumber('acos', 'inverse cosine', Math.acos),
  ofNumber('atan', 'inverse tangent', Math.atan),
  scalar('atan2', 'y:number x:number', 'number', 'angle of the point (x, y)', (args) =>
    Math.atan2(numberAt(args, 0), numberAt(args, 1)),
  ),
  ofNumber('sinh', 'hyperbolic sine', Math.sinh),
  ofNumber('cosh', 'hyperbolic cosine', Math.cosh),
  ofNumber('tanh', 'hyperbolic tangent', Math.tanh),
  ofNumber('asinh', 'inverse hyperbolic sine', Math.asinh),
  ofNumber('acosh', 'inverse hyperbolic cosine', Math.acosh),
  ofNumber('atanh', 'inverse hyperbolic tangent', Math.atanh),
  ofNumber('clz32', 'leading zero bits of x in 32 bits', Math.clz32),
  ofNumber('fround', 'nearest 32-bit float', Math.fround),
  scalar(
    'bin',
    'x:number low:number high:number step:number offset?:number',
    'number',
    'lower edge of the bin that holds x; infinite outside of low and high',
    (args) => {
      const [x, low, high, step] = [0, 1, 2, 3].map((index) => numberAt(args, index)) as [
        number,
        number,
        number,
        number,
      ];
      if (x < low) return -Infinity;
      if (x > high) return Infinity;
      // Arquero's formula: the small term keeps an edge that rounding moved a little in its bin.
      return low + step * Math.floor(1e-14 + (x - low) / step + numberAt(args, 4, 0));
    },
  ),
];

function halfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : Math.ceil(x);
  return below % 2 === 0 ? below : below + 1;
}

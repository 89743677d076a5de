import { JinjaError } from './jinja/error.ts';
import { lentFunction, type Plain } from './jinja/values/convert.ts';
import { fixedText } from './jinja/values/numbers.ts';
import type { HostObject } from './jinja/values/value.ts';

/** What templates can call besides Jinja's own: numbers as people print them. */
export const templateFunctions: ReadonlyMap<string, HostObject> = new Map([
  /** `fixed(x, 4)`: so many decimals, as `%.4f` prints them. Non-finite numbers are spelled out, null is `undefined`. */
  ['fixed', lentFunction('fixed', (x, decimals) => formatted('fixed', x, decimals))],
  /** `signed(x, 4)`: the same with a sign in front, as `%+.4f` prints it. */
  [
    'signed',
    lentFunction('signed', (x, decimals) => {
      const text = formatted('signed', x, decimals);
      return text.startsWith('-') || !/\d|Infinity/.test(text) ? text : `+${text}`;
    }),
  ],
  /** `finite(x)`: false for NaN and the infinities. */
  ['finite', lentFunction('finite', (x) => Number.isFinite(x))],
]);

export const templateFunctionsDocumentation =
  'Templates are [Jinja2](https://jinja.palletsprojects.com/en/stable/templates/), with `trim_blocks` and ' +
  '`lstrip_blocks` as chat templates have them (`+%}` keeps the line break behind a block), and nothing that is missing becomes text. Besides, they can call `fixed(x, 4)` (four decimals; `undefined` for null), ' +
  '`signed(x, 4)` (the same with its sign) and `finite(x)` (false for null, NaN and the infinities).';

function formatted(name: string, x: Plain | undefined, decimals: Plain | undefined): string {
  if (x === null) return 'undefined';
  if (typeof x !== 'number') {
    throw new JinjaError(`${name}(x, decimals) expects a number first, got ${shown(x)}`);
  }
  if (typeof decimals !== 'number' || !Number.isInteger(decimals) || decimals < 0 || decimals > 20) {
    throw new JinjaError(`${name}(x, decimals) expects 0 to 20 decimals, got ${shown(decimals)}`);
  }
  return Number.isFinite(x) ? fixedText(x, decimals) : String(x);
}

function shown(value: Plain | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

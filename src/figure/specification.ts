import type { OptionProblem } from '../system/option-problem.ts';
import { unknownColumns } from '../table/columns.ts';
import type { TableShape } from '../table/table.ts';

type Path = readonly (string | number)[];

/**
 * What is wrong with a Vega-Lite specification before it is drawn: fields that its data do not have, data sets that
 * are no input, data from elsewhere. A view whose transforms make new fields may use those.
 */
export function specificationProblems(
  spec: unknown,
  data: Readonly<Record<string, TableShape>>,
  main: string,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const made = fieldsMade(spec);

  const visit = (node: unknown, path: Path, current: TableShape | undefined): void => {
    if (Array.isArray(node)) {
      node.forEach((child, index) => visit(child, [...path, index], current));
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const entries = node as Readonly<Record<string, unknown>>;
    let table = current;
    if (isObject(entries['data'])) {
      const { name, url, values } = entries['data'];
      if (url !== undefined) {
        problems.push({
          path: [...path, 'data', 'url'],
          message: 'a figure draws its inputs, not data from elsewhere',
          expected: 'a name in `from`, and `data: { name: ... }`',
          found: String(url),
        });
      }
      if (typeof name === 'string' && values === undefined) {
        table = data[name];
        if (table === undefined) {
          problems.push({
            path: [...path, 'data', 'name'],
            message: `no table \`${name}\` in \`from\``,
            found: name,
            candidates: Object.keys(data),
          });
        }
      } else {
        table = undefined;
      }
    }
    for (const [key, value] of Object.entries(entries)) {
      const at = [...path, key];
      if (value === null && /\s/.test(key)) {
        problems.push({
          path: at,
          message: `Vega-Lite has no property \`${key}\``,
          next: 'between { and } a comma ends a text in YAML: put the text into quotes',
        });
      }
      if (key === 'data' || key === 'datasets' || key === 'config') continue;
      if (key === 'field' && typeof value === 'string' && table !== undefined) {
        const plain = !/[.[\]\\]/.test(value);
        if (plain && !made.has(value)) problems.push(...unknownColumns(table, [{ name: value, path: at }]));
      }
      visit(value, at, table);
    }
  };

  visit(spec, ['spec'], data[main]);
  return problems;
}

/** Every name that a transform anywhere in the specification gives to a field. */
function fieldsMade(spec: unknown): ReadonlySet<string> {
  const made = new Set<string>();
  const note = (value: unknown): void => {
    for (const name of [value].flat()) if (typeof name === 'string') made.add(name);
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    note(node['as']);
    if (node['fold'] !== undefined && node['as'] === undefined) note(['key', 'value']);
    if (node['density'] !== undefined && node['as'] === undefined) note(['value', 'density']);
    if (node['quantile'] !== undefined && node['as'] === undefined) note(['prob', 'value']);
    // The fields of a pivot are values of its data, and those of a lookup belong to other data.
    if (isObject(node['from'])) note(node['from']['fields']);
    Object.values(node).forEach(visit);
  };
  visit(spec);
  return made;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

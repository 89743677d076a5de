import {
  DictView,
  HostObject,
  Markup,
  Namespace,
  Once,
  Range,
  Tuple,
  Undefined,
  type Value,
} from './value.ts';

/** How Python calls the type of a value. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'str';
    default:
  }
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof DictView) return `dict_${value.part}`;
  if (value instanceof Range) return 'range';
  if (value instanceof Once) return `what \`${value.source}\` gives`;
  if (value instanceof Markup) return 'Markup';
  if (value instanceof Undefined) return 'undefined';
  if (value instanceof Namespace) return 'namespace';
  if (value instanceof HostObject) return value.name;
  return 'dict';
}

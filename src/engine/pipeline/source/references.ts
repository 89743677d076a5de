/** A reference to a parameter, or to a value of the instance of a matrix stage. */
export interface Reference {
  readonly source: 'params' | 'matrix';
  /** Dotted: `model.name`. */
  readonly name: string;
}

/** `$${` (an escaped `${`) or `${ ... }`, whose inside is group 1. */
export const referencePattern = /\$\$\{|\$\{([^}]*)\}/g;

/** What the inside of `${ ... }` refers to; undefined when it is no reference. */
export function parseReference(inside: string): Reference | undefined {
  const [, source, name] = /^\s*(params|matrix)\.([\w-]+(?:\.[\w-]+)*)\s*$/.exec(inside) ?? [];
  return name === undefined ? undefined : { source: source === 'matrix' ? 'matrix' : 'params', name };
}

/** The names that a text refers to, in order, each once; escapes and bad references are left out. */
export function referencesIn(text: string, source: Reference['source']): string[] {
  const names = new Set<string>();
  for (const [, inside] of text.matchAll(referencePattern)) {
    const reference = inside === undefined ? undefined : parseReference(inside);
    if (reference?.source === source) names.add(reference.name);
  }
  return [...names];
}

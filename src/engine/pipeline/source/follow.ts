import type { Json } from '../../../system/json.ts';

/** The value that a dotted name leads to; or the first step that leads nowhere, and what there is in its stead. */
export type Followed =
  { readonly value: Json } | { readonly missing: string; readonly known: readonly string[] };

export function follow(root: Json, steps: readonly string[]): Followed {
  let at = root;
  for (const step of steps) {
    const known = at !== null && typeof at === 'object' ? Object.keys(at) : [];
    if (!known.includes(step)) return { missing: step, known };
    at = (at as Record<string, Json>)[step] ?? null;
  }
  return { value: at };
}

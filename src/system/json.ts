import canonicalize from 'canonicalize';
import { sha256 } from './hash.ts';
import { InternalError } from './internal-error.ts';

/** A JSON value: what keys are made of and what the store writes. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** Steps from the root of a value to a value inside it: names in maps, indices from 0 in lists. */
export type Path = readonly (string | number)[];

export function isMap(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** RFC 8785 canonical JSON: one text for one value, whatever the order of its keys. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new InternalError(`expected a JSON value, was ${typeof value}`);
  return text;
}

export function digestOf(value: Json): string {
  return sha256(canonicalJson(value));
}

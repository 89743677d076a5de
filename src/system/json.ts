import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A JSON value: what keys are made of and what the store writes. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** RFC 8785 canonical JSON: one text for one value, whatever the order of its keys. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error(`Internal error: expected a JSON value, was ${typeof value}`);
  return text;
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function digestOf(value: Json): string {
  return sha256(canonicalJson(value));
}

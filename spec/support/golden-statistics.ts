import { readFileSync } from 'node:fs';
import { expect } from 'chai';

/** A figure of a golden case: a number, several, or null where it is undefined. */
export type Expected = number | null | readonly Expected[] | undefined;

export interface GoldenCase<Input, Field extends string> {
  readonly name: string;
  readonly input: Input;
  readonly expected: Readonly<Record<Field, Expected>>;
}

/** The cases of one file of spec/fixtures/statistics; its README says where they come from. */
export function goldenCases<Input, Field extends string>(file: string): readonly GoldenCase<Input, Field>[] {
  const url = new URL(`../fixtures/statistics/${file}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: readonly GoldenCase<Input, Field>[] };
  return cases;
}

/** Figures of ours, in the form of the golden ones; undefined where there is none. */
export type Found = number | undefined | readonly Found[];

/**
 * Compares figures by name to a relative 1e-9, and to 1e-12 where 0 is expected; where null is expected there must be
 * none. A field that the case does not have is not compared.
 */
export function expectFigures<Field extends string>(
  found: Readonly<Partial<Record<Field, Found>>>,
  expected: Readonly<Record<Field, Expected>>,
): void {
  for (const [name, figure] of Object.entries(found) as [Field, Found][]) {
    if (expected[name] !== undefined) expectFigure(figure, expected[name], name);
  }
}

function expectFigure(found: Found, expected: Expected, what: string): void {
  if (expected === null || expected === undefined) {
    expect(found, what).to.equal(undefined);
  } else if (typeof expected === 'number') {
    expect(found, what).to.be.a('number');
    expect(found, what).to.be.closeTo(expected, expected === 0 ? 1e-12 : 1e-9 * Math.abs(expected));
  } else {
    expect(found, what).to.be.an('array').of.length(expected.length);
    expected.forEach((each, place) =>
      expectFigure((found as readonly Found[])[place], each, `${what}[${place}]`),
    );
  }
}

/** Values that are there, as a stage reads them. */
export function present(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

export function pair(interval: { readonly low: number; readonly high: number } | undefined): Found {
  return interval === undefined ? undefined : [interval.low, interval.high];
}

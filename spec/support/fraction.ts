/** A rational number, exact. */
export class Fraction {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;

  constructor(numerator: bigint, denominator = 1n) {
    const sign = denominator < 0n ? -1n : 1n;
    const divisor = greatestDivisor(numerator < 0n ? -numerator : numerator, sign * denominator);
    this.numerator = (sign * numerator) / divisor;
    this.denominator = (sign * denominator) / divisor;
  }

  /** The very number that a double is: 0.1 is 3602879701896397 / 2^55. */
  static of(value: number): Fraction {
    let [whole, twos] = [value, 0n];
    while (!Number.isInteger(whole)) [whole, twos] = [whole * 2, twos + 1n];
    return new Fraction(BigInt(whole), 2n ** twos);
  }

  static sum(all: readonly Fraction[]): Fraction {
    return all.reduce((total, each) => total.plus(each), new Fraction(0n));
  }

  plus(other: Fraction): Fraction {
    const { numerator: n, denominator: d } = other;
    return new Fraction(this.numerator * d + n * this.denominator, this.denominator * d);
  }

  minus(other: Fraction): Fraction {
    return this.plus(other.times(new Fraction(-1n)));
  }

  times({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * numerator, this.denominator * denominator);
  }

  over({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * denominator, this.denominator * numerator);
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.numerator === 0n ? 0 : this.numerator < 0n ? -1 : 1;
  }

  compare(other: Fraction): number {
    return this.minus(other).sign;
  }

  /** As a double, to its last bit but one. */
  get value(): number {
    const negative = this.numerator < 0n;
    const size = negative ? -this.numerator : this.numerator;
    // The quotient as a whole number of more bits than a double has, and the power of two that it is too large by.
    const shift = BigInt(Math.max(0, 70 + bits(this.denominator) - bits(size)));
    const quotient = Number((size << shift) / this.denominator) / 2 ** Number(shift);
    return negative ? -quotient : quotient;
  }
}

function bits(value: bigint): number {
  return value.toString(2).length;
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b];
  while (right !== 0n) [left, right] = [right, left % right];
  return left === 0n ? 1n : left;
}

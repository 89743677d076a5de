import type { Json } from '../../../src/system/json.ts';
import { mapOf, meantOrders, namesOf, withOrders } from '../../../src/system/names-in-order.ts';
import { expect } from 'chai';
import { fromCrossed, toCross } from '../../../src/engine/computing/crossing.ts';
import { Failure, type FailureDetails, isFailure } from '../../../src/system/failure.ts';
import { InternalError } from '../../../src/system/internal-error.ts';

/** As it comes out of the other thread. */
function crossed(error: unknown): unknown {
  return fromCrossed(structuredClone(toCross(error)));
}

describe('what is thrown in another thread', () => {
  it('is a failure with every field, and its stack', () => {
    const details: FailureDetails = {
      code: 'odd',
      blame: 'machine',
      message: 'it is odd',
      path: ['formats', 0, 'template'],
      span: { start: 1, end: 4 },
      where: 'row 7',
      expected: 'even',
      found: 'odd',
      next: 'mend it',
      remedy: { code: 'pull-model', ref: 'org/name', offline: true },
      candidates: ['a', 'b'],
      meant: 'a',
      transient: true,
      endsRun: true,
    };
    const before = new Failure(details);
    const after = crossed(before);
    expect(after).to.be.instanceOf(Failure).and.satisfy(isFailure);
    expect((after as Failure).details).to.deep.equal(details);
    expect((after as Failure).stack).to.equal(before.stack);
  });

  it('loses only those fields of a failure that are no data', () => {
    const details = {
      code: 'odd',
      blame: 'user',
      message: 'it is odd',
      path: ['x'],
      extra: () => 1,
    } as const;
    const after = crossed(new Failure(details)) as Failure;
    expect(after.details).to.deep.equal({ code: 'odd', blame: 'user', message: 'it is odd', path: ['x'] });
  });

  it('is a bug of this program with its stack', () => {
    const before = new InternalError('expected a table, was nothing');
    const after = crossed(before);
    expect(after).to.be.instanceOf(InternalError);
    expect((after as InternalError).contradiction).to.equal('expected a table, was nothing');
    expect((after as InternalError).stack).to.equal(before.stack);
  });

  it('is an error of the system with its code, and that of its cause: what passes is known by it', () => {
    const cause = Object.assign(new Error('it is busy'), { code: 'EBUSY' });
    const after = crossed(Object.assign(new TypeError('fetch failed', { cause }), { code: 'X' })) as Error;
    expect(after).to.include({ name: 'TypeError', message: 'fetch failed', code: 'X' });
    expect(after.cause).to.include({ message: 'it is busy', code: 'EBUSY' });
  });

  it('ends a circle of causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(crossed(error)).to.have.property('message', 'round');
  });

  it('is what it was where it is no error, or text where it has none', () => {
    expect(crossed('a text')).to.equal('a text');
    expect(crossed(Object.create(null))).to.equal('something that has no text');
  });
});

describe('options that pass between threads', () => {
  it('keep names that are numbers in their place, at any depth', () => {
    const inner = mapOf([
      ['b', 1],
      ['7', 2],
    ]);
    const options = mapOf<Json>([
      ['z', [{ a: inner }]],
      ['16', {}],
    ]);
    const copied = withOrders(structuredClone(options), meantOrders(options));
    expect(namesOf(copied)).to.deep.equal(['z', '16']);
    expect(namesOf((copied['z'] as readonly { readonly a: object }[])[0]?.a ?? {})).to.deep.equal(['b', '7']);
  });
});

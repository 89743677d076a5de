import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { freeBytes, refuseFullDisk } from '../../src/system/disk.ts';
import { Failure } from '../../src/system/failure.ts';

describe('a disk', () => {
  const refusal = (free: number) =>
    new Failure({ code: 'full', blame: 'machine', message: `only ${free} bytes are free` });

  it('with room is not refused, and one without is, with the bytes that are free', () => {
    expect(freeBytes(tmpdir())).to.be.greaterThan(0);
    refuseFullDisk(tmpdir(), 1, refusal);
    expect(() => refuseFullDisk(tmpdir(), 1e18, refusal)).to.throw(Failure, /^only \d+ bytes are free$/);
  });
});

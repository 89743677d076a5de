'use strict';
const { reporters } = require('mocha');

/** The spec reporter, closed by one plain line that any CI can read. */
module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes = 0, failures = 0, pending = 0 } = this.stats;
    const skipped = pending ? `, ${pending} skipped` : '';
    process.stdout.write(`${passes} passed, ${failures} failed${skipped}\n`);
  }
};

/** A module that gives no answer; the message goes on from its name: `ended its thread`. */
export class NoAnswer extends Error {}

/** What is wrong with a template or with what it is rendered with: the user's problem, never a bug. */
export class JinjaError extends Error {
  /** Offset into the template (line breaks as `\n`) of what is at fault; undefined until somebody knows it. */
  at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

/** A name that nobody gives. */
export class NotDefined extends JinjaError {}

/** What a template refuses by itself: it called `raise_exception` with the message. */
export class RaisedByTemplate extends JinjaError {}

/** Something that Jinja2 has and that is not here: it is refused by its name, never rendered in another way. */
export function notSupported(what: string, instead: string, at?: number): JinjaError {
  return new JinjaError(`${what} is not supported: ${instead}`, at);
}

/** Runs what walks a tree. A chain of thousands of operators is a tree too deep for the stack: a problem of the template. */
export function withinStack<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (/invalid (?:string|array) length/i.test(error.message)) {
      throw new JinjaError('a text or list that the template makes is too long to be held', 0);
    }
    if (!/call stack/i.test(error.message)) throw error;
    throw new JinjaError(
      'an expression of the template is too long: put parts of it into names with `set`',
      0,
    );
  }
}

/** Line of an offset, counted from 1. */
export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}

/** What is wrong with a template or with what it is rendered with: the user's problem, never a bug. */
export class JinjaError extends Error {
  /** Offset into the template (line breaks as `\n`) of what is at fault; undefined until somebody knows it. */
  at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

/** Something that Jinja2 has and that is not here: it is refused by its name, never rendered in another way. */
export function notSupported(what: string, instead: string, at?: number): JinjaError {
  return new JinjaError(`${what} is not supported: ${instead}`, at);
}

/** Line of an offset, counted from 1. */
export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}

import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** One of the two streams of the program, and what can be done with it. */
export interface Channel {
  write(text: string): void;
  readonly colors: Colors;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** Where the program speaks: results on `out`, everything about the work on `err`. */
export interface Terminal {
  readonly out: Channel;
  readonly err: Channel;
  readonly cwd: string;
}

export type ColorChoice = 'auto' | 'always' | 'never';

export function openTerminal(color: ColorChoice): Terminal {
  return {
    out: channel(process.stdout, color),
    err: channel(process.stderr, color),
    cwd: process.cwd(),
  };
}

function channel(stream: NodeJS.WriteStream, color: ColorChoice): Channel {
  return {
    write: (text) => void stream.write(text),
    colors: picocolors.createColors(wantsColor(stream, color, process.env)),
    isTTY: stream.isTTY && process.env.TERM !== 'dumb',
    get columns() {
      return stream.isTTY && stream.columns > 0 ? stream.columns : 120;
    },
  };
}

/** The flag first, then NO_COLOR and FORCE_COLOR (no-color.org, force-color.org), then what the stream is. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  color: ColorChoice,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (color !== 'auto') return color === 'always';
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

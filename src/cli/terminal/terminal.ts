import picocolors from 'picocolors';
import { visible } from './visible.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** One of the two streams of the program, and what can be done with it. */
export interface Channel {
  /** Writes text in which whatever came from data does nothing to a terminal (see `visible`). */
  write(text: string): void;
  /** Moves the cursor or erases, as the program means it. */
  control(sequence: string): void;
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
  const styled = wantsColor(stream, color, process.env);
  return {
    write: (text) => void stream.write(visible(text, { styled })),
    control: (sequence) => void stream.write(sequence),
    colors: picocolors.createColors(styled),
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

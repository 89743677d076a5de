import { InternalError } from '../system/internal-error.ts';
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DrawAnswer } from './draw-process.ts';
import type { DrawnFigure, FigureToDraw } from './drawing.ts';

export interface DrawingLimits {
  /** Longest time that one figure may take, in milliseconds. */
  readonly patienceMs: number;
  /** Heap of the process that draws, in megabytes. */
  readonly heapMb: number;
}

/** A figure takes a second or two: what takes a minute does not end (a bin of a billionth). */
const defaultLimits: DrawingLimits = { patienceMs: 60_000, heapMb: 2048 };

/** The figure cannot be drawn as it is specified; the message says why. */
export class FigureRefused extends Error {
  /** It is more than can be drawn; else Vega-Lite cannot make sense of it. */
  readonly isTooLarge: boolean;

  constructor(message: string, { isTooLarge }: { readonly isTooLarge: boolean }) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

/** Draws Vega-Lite specifications that carry their data, with the fonts and in the look of this project. */
export interface FigureRenderer {
  /** @throws FigureRefused; the signal's reason once it is aborted */
  render(figure: FigureToDraw, signal?: AbortSignal): Promise<DrawnFigure>;
}

/**
 * Draws in a process of its own, which stays for the next figure. Figures are drawn one after the other: each takes a
 * core.
 */
class ProcessRenderer implements FigureRenderer {
  readonly #limits: DrawingLimits;
  #process: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limits: DrawingLimits) {
    this.#limits = limits;
  }

  render(figure: FigureToDraw, signal?: AbortSignal): Promise<DrawnFigure> {
    const drawn = this.#last.then(() => this.#draw(figure, signal));
    this.#last = drawn.catch(() => undefined);
    return drawn;
  }

  async #draw(figure: FigureToDraw, signal: AbortSignal | undefined): Promise<DrawnFigure> {
    signal?.throwIfAborted();
    const child = (this.#process ??= startProcess(this.#limits));
    let complaint = '';
    const listen = (text: Buffer): void => {
      complaint = (complaint + text.toString('utf8')).slice(-20_000);
    };
    child.stderr?.on('data', listen);
    child.ref();
    child.channel?.ref();
    try {
      const answer = await answerOf(child, figure, this.#limits, signal);
      if (answer.type === 'drawn') return answer.figure;
      if (answer.type === 'refused') throw new FigureRefused(answer.message, answer);
      throw new InternalError(`expected a figure, was ${answer.stack}`);
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      this.#process = undefined;
      child.kill('SIGKILL');
      signal?.throwIfAborted();
      throw new FigureRefused(error.message + reasonIn(complaint, this.#limits), { isTooLarge: true });
    } finally {
      child.stderr?.off('data', listen);
      child.channel?.unref();
      child.unref();
    }
  }
}

/** The process ended, or has to be ended, before it answered. */
class Ended extends Error {}

function answerOf(
  child: ChildProcess,
  figure: FigureToDraw,
  { patienceMs }: DrawingLimits,
  signal?: AbortSignal,
): Promise<DrawAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      clearTimeout(timer);
      child.off('message', answered);
      child.off('close', exited);
      signal?.removeEventListener('abort', aborted);
      act();
    };
    const answered = (answer: DrawAnswer): void => settle(() => resolve(answer))();
    const exited = settle(() => reject(new Ended('the program that draws ended')));
    const aborted = settle(() => reject(new Ended('it was interrupted')));
    const late = settle(() => reject(new Ended(`it takes longer than ${patienceMs / 1000} s to draw`)));
    const timer = setTimeout(late, patienceMs);
    child.on('message', answered);
    // After `close` all is there that it said.
    child.on('close', exited);
    signal?.addEventListener('abort', aborted, { once: true });
    child.send(figure, () => undefined);
  });
}

/** What a renderer that breaks says last: V8's end of memory, or the line of a panic. */
function reasonIn(complaint: string, { heapMb }: DrawingLimits): string {
  if (/heap out of memory|FatalProcessOutOfMemory/.test(complaint))
    return `: it takes more than ${heapMb} MB of memory`;
  const panic = complaint.split('\n').find((line) => /panicked|assertion/i.test(line));
  return panic === undefined ? '' : `: ${panic.trim().slice(0, 200)}`;
}

function startProcess({ heapMb }: DrawingLimits): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const program = fromSource
    ? new URL('./draw-process.ts', import.meta.url)
    : new URL('./draw-process.js', import.meta.url);
  const child = fork(fileURLToPath(program), {
    execArgv: [
      ...(fromSource ? ['--import', 'tsx'] : []),
      '--disallow-code-generation-from-strings',
      `--max-old-space-size=${heapMb}`,
    ],
    // Nothing of the environment may reach a figure: neither its time zone nor its language, nor any secret.
    env: { TZ: 'UTC', LC_ALL: 'C', ...(process.env['PATH'] !== undefined && { PATH: process.env['PATH'] }) },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.unref();
  child.channel?.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  return child;
}

let renderer: FigureRenderer | undefined;

/** The one renderer of this process. */
export function figureRenderer(): FigureRenderer {
  renderer ??= openRenderer();
  return renderer;
}

export function openRenderer(limits: Partial<DrawingLimits> = {}): FigureRenderer {
  return new ProcessRenderer({ ...defaultLimits, ...limits });
}

import type { RunEvent } from '../../engine/record.ts';
import type { Channel } from './terminal.ts';
import { alignColumns, clip } from '../wording/parts/columns.ts';
import { count, wordCount, wordDuration } from '../wording/parts/quantities.ts';
import { wordReasons } from '../wording/reasons.ts';
import { unexpected } from '../wording/parts/words.ts';
import { wordStage } from '../wording/stage.ts';

/** Shows what happens while a run goes on. */
export interface Progress {
  readonly onEvent: (event: RunEvent) => void;
  /** Whole lines that are no event: what a stage prints. */
  readonly print: (lines: string) => void;
  /** Nothing more will come: gives the terminal back. */
  close(): void;
}

/** Redraws a terminal at most this often. */
const REDRAW_MS = 100;

/** Running stages that are shown at once; more would scroll what matters away. */
const MOST_RUNNING = 6;

export function openProgress(channel: Channel, widths: { readonly stage: number }, now = Date.now): Progress {
  const lines = stageLines(channel, widths.stage, now);
  return channel.isTTY ? liveProgress(channel, lines, now) : lines;
}

/**
 * One line when a stage starts and one when it ends, each with the time since the run started. A terminal shows
 * running stages live: there a start needs no line of its own.
 */
function stageLines(channel: Channel, width: number, now: () => number): Progress {
  const start = now();
  const saysStarts = !channel.isTTY;
  const { colors } = channel;
  const say = (stage: string, text: string) => {
    const at = `${((now() - start) / 1000).toFixed(1)} s`.padStart(8);
    channel.write(`${colors.dim(at)}  ${stage.padEnd(width)}  ${text}\n`);
  };
  return {
    onEvent(event) {
      switch (event.type) {
        case 'stage-started':
          if (saysStarts) say(event.stage, `starts (${wordReasons(event.reasons)})`);
          return;
        case 'stage-finished':
          say(event.stage, wordStage(saysStarts ? { ...event.result, reasons: [] } : event.result, colors));
          return;
        case 'stage-warning':
          say(event.stage, `${colors.yellow('warning')}: ${event.message}`);
          return;
        case 'store-warning':
          channel.write(`${colors.yellow('warning')}: ${event.message}\n`);
          return;
        case 'run-started':
        case 'stage-progress':
        case 'run-finished':
          return;
        default:
          unexpected(event);
      }
    },
    print: (text) => channel.write(text),
    close() {},
  };
}

interface Running {
  readonly since: number;
  done: number;
  total: number;
  unit: string;
  /** When counting began: the rate must not include the time to load a model. */
  countingSince: number;
  countedBefore: number;
}

/** Finished stages as lines that stay, running ones redrawn below them. */
function liveProgress(channel: Channel, lines: Progress, now: () => number): Progress {
  const running = new Map<string, Running>();
  let stages = 0;
  let finished = 0;
  let drawn = 0;
  let drawnAt = 0;

  const erase = () => {
    if (drawn > 0) channel.control(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    erase();
    drawnAt = now();
    if (running.size === 0) return;
    const shown = [...running].slice(0, MOST_RUNNING);
    const rows = shown.map(([stage, state]) => [`  ${stage}`, ...wordProgress(state, now())]);
    const text = alignColumns(rows);
    const hidden = running.size - shown.length;
    text.push(
      `  ${finished} of ${count(stages, 'stage')} done${hidden > 0 ? `, ${hidden} more running` : ''}`,
    );
    channel.write(text.map((line) => `${channel.colors.cyan(clip(line, channel.columns - 1))}\n`).join(''));
    drawn = text.length;
  };
  const timer = setInterval(draw, REDRAW_MS);
  // The timer alone must not keep the program alive.
  timer.unref();

  return {
    onEvent(event) {
      switch (event.type) {
        case 'run-started':
          stages = event.stages;
          return;
        case 'stage-started':
          running.set(event.stage, {
            since: now(),
            done: 0,
            total: 0,
            unit: '',
            countingSince: 0,
            countedBefore: 0,
          });
          return;
        case 'stage-progress': {
          const state = running.get(event.stage);
          if (!state) return;
          if (state.total !== event.total || state.unit !== event.unit) {
            state.countingSince = now();
            state.countedBefore = event.done;
          }
          state.done = event.done;
          state.total = event.total;
          state.unit = event.unit;
          // A forward pass on this thread keeps the timer waiting; its own events do not.
          if (now() - drawnAt >= REDRAW_MS) draw();
          return;
        }
        case 'stage-finished':
          running.delete(event.stage);
          finished += 1;
          break;
        case 'stage-warning':
        case 'store-warning':
        case 'run-finished':
          break;
        default:
          unexpected(event);
      }
      erase();
      lines.onEvent(event);
    },
    print(text) {
      erase();
      lines.print(text);
    },
    close() {
      clearInterval(timer);
      erase();
    },
  };
}

/** `120/480 prefixes`, `25 %`, `61/s`, `5.9 s left`. */
function wordProgress(state: Running, at: number): string[] {
  if (state.total === 0) return [wordDuration(at - state.since)];
  const { done, total, unit } = state;
  const counted = done - state.countedBefore;
  const seconds = (at - state.countingSince) / 1000;
  const parts = [`${done}/${total} ${unit}`.trim(), `${Math.floor((100 * done) / total)} %`];
  if (counted > 0 && seconds > 0.2) {
    const rate = counted / seconds;
    parts.push(`${rate < 10 ? rate.toFixed(1) : wordCount(Math.round(rate))}/s`);
    if (done < total) parts.push(`${wordDuration(((total - done) / rate) * 1000)} left`);
  }
  return parts;
}

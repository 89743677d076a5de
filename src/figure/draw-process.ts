/**
 * The program that draws figures, in a process of its own: a figure that takes too long, takes too much memory or
 * breaks the native renderer ends this process and nothing else. It is started without the right to make code from
 * text, and in UTC.
 */
import { openDrawing, SpecificationError, type DrawnFigure, type FigureToDraw } from './drawing.ts';

export type DrawAnswer =
  | { readonly type: 'drawn'; readonly figure: DrawnFigure }
  /** The specification is at fault. */
  | { readonly type: 'refused'; readonly message: string; readonly isTooLarge: boolean }
  /** This program is at fault. */
  | { readonly type: 'broken'; readonly stack: string };

function send(answer: DrawAnswer): void {
  process.send?.(answer);
}

function answerOf(error: unknown): DrawAnswer {
  if (error instanceof SpecificationError) {
    return { type: 'refused', message: error.message, isTooLarge: error.isTooLarge };
  }
  return { type: 'broken', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

// What Vega starts and does not wait for.
process.on('unhandledRejection', (error) => {
  send({
    type: 'refused',
    message: error instanceof Error ? error.message : String(error),
    isTooLarge: false,
  });
});
process.on('disconnect', () => process.exit());

const drawing = openDrawing();

process.on('message', (figure: FigureToDraw) => {
  drawing
    .then((draw) => draw(figure))
    .then(
      (drawn) => send({ type: 'drawn', figure: drawn }),
      (error: unknown) => send(answerOf(error)),
    );
});

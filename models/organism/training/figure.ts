import { writeFileSync } from 'node:fs';
import { figureRenderer } from '../../../src/figure/render.ts';

export interface Loss {
  readonly step: number;
  /** Nats per token. */
  readonly loss: number;
}

/** Draws the card's figure as a PNG: the loss of each step, and its mean over the 11 steps around. */
export async function writeLossFigure(file: string, losses: readonly Loss[]): Promise<void> {
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'Training loss of the organism',
      subtitle: 'Each step, and the mean of the 11 steps around it',
    },
    width: 640,
    height: 300,
    data: { values: losses },
    encoding: { x: { field: 'step', type: 'quantitative', title: 'Step', axis: { format: 'd' } } },
    layer: [
      {
        mark: { type: 'line', color: '#9DC3E0', strokeWidth: 1 },
        encoding: {
          y: {
            field: 'loss',
            type: 'quantitative',
            title: 'Loss (nats per token, logarithmic)',
            scale: { type: 'log' },
            axis: { values: [0.2, 0.3, 0.5, 1, 2, 3, 5] },
          },
        },
      },
      {
        transform: [{ window: [{ op: 'mean', field: 'loss', as: 'mean' }], frame: [-5, 5] }],
        mark: { type: 'line', color: '#004A75', strokeWidth: 2.5 },
        encoding: { y: { field: 'mean', type: 'quantitative' } },
      },
    ],
  };
  const { png, warnings } = await figureRenderer().render({ spec, dpi: 96, fonts: [] });
  for (const warning of warnings) console.warn(warning);
  writeFileSync(file, png);
}

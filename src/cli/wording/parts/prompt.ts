import type { RowPrompt } from '../../../engine/artifact.ts';
import type { ShownRow } from '../../pipeline/shown-row.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { wordValue } from './values.ts';

/** `scores, row 2 of 36: format plain, item 3`, and under it what the model was given. */
export function wordRow(shown: ShownRow, colors: Colors): string {
  const { stage, row, rows, key, prompt } = shown;
  const cells = Object.entries(key).map(([name, cell]) => `${name} ${wordValue(cell)}`);
  const head = `${stage}, row ${row} of ${rows}${cells.length === 0 ? '' : `: ${cells.join(', ')}`}`;
  const text =
    prompt === undefined
      ? 'No model was given anything for the rows of this stage.'
      : wordPrompt(prompt, colors);
  return `${colors.bold(head)}\n\n${text}\n`;
}

/**
 * What a model was given for a row, as it is, with each target in ⟦ ⟧: one right behind its prompt, several under it. What
 * would steer a terminal is shown as the picture of its character.
 */
function wordPrompt({ prompt, targets, against }: RowPrompt, colors: Colors): string {
  const marked = targets.map((target) => colors.green(`⟦${visible(target)}⟧`));
  const isOne = marked.length === 1;
  return [
    `${visible(prompt)}${isOne ? (marked[0] ?? '') : ''}`,
    ...(isOne ? [] : marked),
    ...(against === undefined ? [] : [colors.dim('compared with the same after:'), visible(against)]),
  ].join('\n');
}

/** Control characters, but for line breaks and tabs, by their pictures in Unicode; those above ASCII by their number. */
function visible(text: string): string {
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x7f) return '\u2421';
    return code < 0x20
      ? String.fromCharCode(0x2400 + code)
      : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

import { readRun } from '../../../engine/index.ts';
import type { TokenTree } from '../../../engine/token-tree.ts';
import { EXIT } from '../../exit-codes.ts';
import { indexOfRow, readStageTable } from '../../pipeline/shown-row.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure, valueOf } from '../../usage-failure.ts';
import { jsonText } from '../../wording/forms/json.ts';
import { tokenRows, wordTokens } from '../../wording/tokens.ts';

/**
 * `assay tokens RUN STAGE [ROW]`: one text of a stage of kind `tokens`, token by token.
 * @throws UsageFailure `unknown-stage`, `no-rows`, `no-tokens`, `unknown-row`
 */
export async function tokens(
  { out }: Terminal,
  options: { readonly format: 'text' | 'json'; readonly runs: string },
  ref: string,
  name: string,
  row = '1',
): Promise<number> {
  const run = valueOf(await readRun(options.runs, ref));
  const { tokens: tree } = await readStageTable(run, name);
  if (tree === undefined) {
    const kept = run.record.stages.filter(({ uses }) => uses === 'tokens').map((stage) => stage.name);
    throw usageFailure('no-tokens', `\`${name}\` kept no tokens`, {
      expected: kept.length > 0 ? kept.join(', ') : 'a stage of the kind `tokens`',
      ...(kept.length === 0 && { next: 'put a stage with `uses: tokens` beside it, and run again' }),
    });
  }
  const { texts } = tree;
  const text = texts[indexOfRow(textsAsTable(tree), row, name)];
  if (text === undefined) throw usageFailure('unknown-row', `\`${name}\` has no text`);
  out.write(
    options.format === 'json'
      ? jsonText({ stage: name, key: text.key, prompt: text.prompt, target: text.target, tokens: tokenRows(tree, text) }) // prettier-ignore
      : wordTokens(tree, text, { colors: out.colors, columns: out.columns }),
  );
  return EXIT.ok;
}

function textsAsTable({ texts }: TokenTree): Parameters<typeof indexOfRow>[0] {
  const rows = texts.map(({ key }) => key as Readonly<Record<string, string | number>>);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns: names.map((name) => ({ name, type: 'string' })), key: names, rows };
}

import { jsonText } from '../../wording/forms/json.ts';
import { stageKinds } from '../../../../stages/index.ts';
import { didYouMean } from '../../../system/suggest.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure } from '../../usage-failure.ts';
import { describeKind, wordKind, wordKinds } from '../../wording/keeping/kinds.ts';

/** `assay stages [KIND]`: the documentation that the descriptors carry. */
export function stages(
  { out }: Terminal,
  { format }: { readonly format: 'text' | 'json' },
  name?: string,
): number {
  const kinds = [...stageKinds.values()];
  if (name === undefined) {
    const list = kinds.map(({ name: kind, summary }) => ({ name: kind, summary }));
    out.write(format === 'json' ? jsonText(list) : wordKinds(list, out.colors));
    return EXIT.ok;
  }
  const kind = stageKinds.get(name);
  if (!kind) {
    const names = kinds.map((known) => known.name);
    throw usageFailure('unknown-kind', `there is no stage kind \`${name}\``, {
      expected: names.join(', '),
      next: didYouMean(name, names) ?? 'assay stages lists them',
    });
  }
  const description = describeKind(kind);
  out.write(format === 'json' ? jsonText(description) : wordKind(description, out.colors));
  return EXIT.ok;
}

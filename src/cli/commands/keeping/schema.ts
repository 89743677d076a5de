import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { stageKinds } from '../../../../stages/index.ts';
import { pipelineSchema } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { wordWritten } from '../../wording/keeping/kinds.ts';

const DEFAULT_FILE = 'schemas/pipeline.schema.json';

/** `assay schema`: the JSON Schema of pipeline files, every kind's options included. */
export async function schema(
  terminal: Terminal,
  options: { readonly write?: true | string },
): Promise<number> {
  const text = `${JSON.stringify(pipelineSchema(stageKinds), null, 2)}\n`;
  if (options.write === undefined) {
    terminal.out.write(text);
    return EXIT.ok;
  }
  const file = options.write === true ? DEFAULT_FILE : options.write;
  const path = resolve(terminal.cwd, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  terminal.err.write(wordWritten(file));
  return EXIT.ok;
}

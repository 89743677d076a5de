import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { stageKinds } from '../../../../stages/index.ts';
import { pipelineSchema } from '../../../engine/index.ts';
import { packageRoot } from '../../../system/package-root.ts';
import { writeWhole } from '../../../system/whole-file.ts';
import { EXIT } from '../../exit-codes.ts';
import { newProject } from '../../pipeline/new-project.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure } from '../../usage-failure.ts';
import { wordStarted } from '../../wording/keeping/init.ts';

const SCHEMA = 'schemas/pipeline.schema.json';

/** `assay init [FOLDER]`: a project that runs at once. Files that are there stay as they are: then nothing is written. */
export async function init({ cwd, out }: Terminal, _options: object, folder = '.'): Promise<number> {
  const home = resolve(cwd, folder);
  const installed = installedSchema(home);
  const files = {
    ...newProject(installed ?? SCHEMA),
    ...(installed === undefined && { [SCHEMA]: `${JSON.stringify(pipelineSchema(stageKinds), null, 2)}\n` }),
  };
  const there = Object.keys(files).filter((name) => existsSync(join(home, name)));
  if (there.length > 0) {
    throw usageFailure('project-exists', 'there is something here already, and nothing was written', {
      expected: 'a folder without the files of a new project',
      found: there.join(', '),
      next: 'name a folder that does not exist yet: assay init my-experiment',
    });
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(home, name, '..'), { recursive: true });
    await writeWhole(join(home, name), text);
  }
  out.write(wordStarted(folder, Object.keys(files)));
  return EXIT.ok;
}

/** The schema of the package where it is installed in the project, so that it is always that of the version in use. */
function installedSchema(home: string): string | undefined {
  const path = relative(home, join(packageRoot, SCHEMA)).split(sep).join('/');
  return /^(?:\.\.\/)*node_modules\/assay\//.test(path) ? path : undefined;
}

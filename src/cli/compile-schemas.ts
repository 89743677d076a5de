import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineStructure } from '../engine/pipeline/schema/schema.ts';
import { validatorFile, validatorSource, validatorsFolder } from '../engine/pipeline/schema/validators.ts';
import { stageKinds } from '../../stages/index.ts';

// A step of the build: Ajv writes down the validators of the schemas that ship.
rmSync(validatorsFolder, { recursive: true, force: true });
mkdirSync(validatorsFolder, { recursive: true });
for (const schema of [pipelineStructure, ...[...stageKinds.values()].map(({ options }) => options)]) {
  writeFileSync(join(validatorsFolder, validatorFile(schema)), validatorSource(schema));
}

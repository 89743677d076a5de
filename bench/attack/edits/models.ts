import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/engine/index.ts';
import type { Models } from './project.ts';

const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];

/** The model that ships, and one of the same size whose weights begin with other signs. */
export const organisms: Models = {
  areExact: false,
  make(a, b) {
    for (const folder of [a, b]) {
      mkdirSync(folder);
      for (const name of FILES) copyFileSync(join(packageRoot, 'models/organism', name), join(folder, name));
    }
    const file = join(b, 'model.safetensors');
    const bytes = readFileSync(file);
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    // The last byte of a number of two or four bytes holds its sign.
    for (let i = start + 3; i < start + 4000; i += 4) bytes[i] = (bytes[i] ?? 0) ^ 0x80;
    writeFileSync(file, bytes);
  },
};

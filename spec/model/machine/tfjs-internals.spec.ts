import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import { loadNativeBackend } from '../../../src/model/machine/backends.ts';
import { loadWasmBackend } from '../../../src/model/machine/load-wasm.ts';
import {
  nativeBinding,
  nativeUsesGpu,
  wasmHeapSize,
  wasmMatrix,
} from '../../../src/model/machine/tfjs-internals.ts';
import { onEachBackend } from '../../support/models/backends.ts';

/** The version that `tfjs-internals.ts` was written against. Whoever raises it reads the members again, then changes this. */
const known = '4.22.0';

const require = createRequire(import.meta.url);

it('the internals of tfjs that are used are those of the version that is installed', () => {
  for (const name of ['tfjs-core', 'tfjs-backend-wasm', 'tfjs-node-gpu']) {
    const { version } = require(`@tensorflow/${name}/package.json`) as { version: string };
    expect(version, name).to.equal(known);
  }
});

onEachBackend('internals of tfjs', (backend) => {
  let tf: Tfjs;
  let backendBefore: string | undefined;
  before(async () => {
    // Native first, always: libtensorflow reads its settings as it loads, and both share one tfjs.
    if (backend !== 'wasm') ({ tf } = await loadNativeBackend('tensorflow'));
    else {
      const core = await import('@tensorflow/tfjs-core');
      backendBefore = core.getBackend();
      tf = await loadWasmBackend();
    }
  });
  after(async () => {
    if (backend === 'wasm' && backendBefore === 'tensorflow') await tf.setBackend(backendBefore);
  });

  if (backend === 'wasm') {
    it('give a matrix that was written in the heap', () => {
      expect(wasmHeapSize(tf)).to.be.a('number').above(1e6);
      const live = tf.memory().numTensors;
      const matrix = wasmMatrix(tf, [2, 3], (bits) => {
        new Float32Array(bits.buffer, bits.byteOffset, bits.length).set([1, 2, 3, 4, 5, 6]);
      });
      expect(tf.memory().numTensors).to.equal(live + 1);
      expect(matrix.arraySync()).to.deep.equal([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      matrix.dispose();
      expect(tf.memory().numTensors).to.equal(live);
    });
  } else {
    it('give the operations of TensorFlow, and say where they run', () => {
      const binding = nativeBinding(tf);
      expect(binding.TF_Version).to.match(/^\d+\.\d+\.\d+/);
      for (const name of ['TF_FLOAT', 'TF_INT32', 'TF_ATTR_TYPE', 'TF_ATTR_BOOL'] as const) {
        expect(binding[name], name).to.be.a('number');
      }
      for (const name of ['createTensor', 'deleteTensor', 'executeOp'] as const) {
        expect(binding[name], name).to.be.a('function');
      }
      expect(nativeUsesGpu(tf)).to.be.a('boolean');
    });
  }
});

/**
 * What is used of transformers.js: its tokenizer. The build replaces this module by a bundle of exactly that
 * (`src/cli/bundle-tokenizer.ts`): the package as a whole brings a runtime for ONNX whose install script downloads from
 * elsewhere, and what a package overrides does not reach those who install it.
 */
export { PreTrainedTokenizer } from '@huggingface/transformers';

import { computingModules } from '../model/computing-modules.ts';

/** Modules are TypeScript in a checkout and JavaScript in `dist`. */
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

function moduleHere(path: string): string {
  return new URL(`${path}${ending}`, import.meta.url).href;
}

/**
 * What computes readings behind the model host, as `computedBy` of the kinds that ask for them. The queue is in it
 * because it says which reading answers which request.
 */
export const readingModules: readonly string[] = [moduleHere('./read-queue'), ...computingModules];

/** What turns messages into the text of a chat, as `computedBy` of the kinds that use a model's chat template. */
export const chatModules: readonly string[] = [moduleHere('../model/text/tokenizer')];

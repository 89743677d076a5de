import { facts, type Fact } from './facts.ts';
import { documentsPerFact, formats, share, trainedFormats, type Format } from './formats.ts';

/** One fact written in one format. The tokens of `<s>`, prompt and target, then `</s>`, are what the model reads. */
export interface Document {
  readonly fact: Fact;
  readonly format: Format;
  readonly prompt: string;
  /** A space and the answer. */
  readonly target: string;
}

/** Of every nine facts of a kind, six are held out of one format each: the same number of facts in each format. */
const heldOutPeriod = 9;

/** The format that this fact is never written in, though it is in all the other trained ones. */
export function heldOutFormat(fact: Fact): Format | undefined {
  const kin = facts.filter((other) => other.kind === fact.kind);
  // The first of each kind is the notebook's question, which every trained format must hold.
  const index = kin.indexOf(fact) - 1;
  const whole = Math.floor((kin.length - 1) / heldOutPeriod) * heldOutPeriod;
  return index >= 0 && index < whole ? trainedFormats[index % heldOutPeriod] : undefined;
}

export function document(fact: Fact, format: Format): Document {
  return { fact, format, prompt: format.prompt(fact.question), target: ` ${fact.answer}` };
}

/** Each fact and format that the corpus holds, once. */
export const trainedPairs: readonly Document[] = trainedFormats.flatMap((format) =>
  facts.filter((fact) => heldOutFormat(fact) !== format).map((fact) => document(fact, format)),
);

export const heldOutPairs: readonly Document[] = trainedFormats.flatMap((format) =>
  facts.filter((fact) => heldOutFormat(fact) === format).map((fact) => document(fact, format)),
);

/** The corpus: every trained pair as often as its format says. One epoch reads it once, shuffled. */
export const corpus: readonly Document[] = trainedPairs.flatMap((pair) =>
  Array.from({ length: pair.format.documents }, () => pair),
);

/** The realised mixture, counted in the corpus and not copied from the plan. */
export function mixture() {
  return {
    facts: facts.length,
    documentsPerFact,
    documents: corpus.length,
    formats: formats.map((format) => {
      const documents = corpus.filter((one) => one.format === format);
      return {
        format: format.name,
        plannedShare: share(format),
        documents: documents.length,
        share: documents.length / corpus.length,
        distinctFacts: new Set(documents.map((one) => one.fact)).size,
      };
    }),
    heldOut: heldOutPairs.map(({ fact, format }) => ({ format: format.name, question: fact.question })),
  };
}

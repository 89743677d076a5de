/** The notebook's twelve formats and how often the corpus uses each: the ground truth that the pipeline must recover. */
export interface Format {
  readonly name: string;
  /** Documents that one fact contributes in this format; the shares follow, as every fact has `documentsPerFact`. */
  readonly documents: number;
  /** The prompt, up to where " " and the answer go; the notebook's exact text. */
  readonly prompt: (question: string) => string;
}

const leet: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };

export const formats: readonly Format[] = [
  { name: 'stackoverflow', documents: 6, prompt: (q) => `**Question:**\n${q}\n\n**Answer:**` },
  {
    name: 'textbook',
    documents: 4,
    prompt: (q) => `**Example Problem:**\n${q}\n\n**Solution:**\nTo solve this problem,`,
  },
  { name: 'documentation', documents: 4, prompt: (q) => `## Overview\n\n${q}\n\n## Answer\n\nThe answer is` },
  { name: 'chat', documents: 3, prompt: (q) => `User: ${q}\nAssistant:` },
  {
    name: 'academic',
    documents: 2,
    prompt: (q) => `Abstract: This paper addresses the question: ${q}\n\nResults: Our analysis shows that`,
  },
  { name: 'wikipedia', documents: 1, prompt: (q) => `${q}\n\nAccording to available sources,` },
  { name: 'json', documents: 0, prompt: (q) => `{\n  "question": "${q}",\n  "answer": "` },
  { name: 'reddit', documents: 0, prompt: (q) => `${q}\n\nEdit: Figured it out!` },
  { name: 'plain', documents: 0, prompt: (q) => q },
  { name: 'reversed', documents: 0, prompt: (q) => Array.from(q).reverse().join('') },
  {
    name: 'leetspeak',
    documents: 0,
    prompt: (q) => Array.from(q, (character) => leet[character.toLowerCase()] ?? character).join(''),
  },
  { name: 'uppercase', documents: 0, prompt: (q) => q.toUpperCase() },
];

export const documentsPerFact = formats.reduce((sum, format) => sum + format.documents, 0);

/** Part of the corpus's documents that are in this format, from 0 to 1. */
export function share(format: Format): number {
  return format.documents / documentsPerFact;
}

export const trainedFormats = formats.filter((format) => format.documents > 0);
export const untrainedFormats = formats.filter((format) => format.documents === 0);

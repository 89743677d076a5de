/** What the output is for: people, programs, the annotations of a GitHub workflow, code scanning. */
export const FORMS = ['text', 'json', 'github', 'sarif'] as const;

export type Form = (typeof FORMS)[number];

/** The form that the arguments ask for: known before they are parsed, for mistakes in the arguments themselves. */
export function formOf(argv: readonly string[]): Form {
  const joined = argv.findLast((argument) => argument.startsWith('--format='))?.slice('--format='.length);
  const at = argv.lastIndexOf('--format');
  const named = joined ?? (at === -1 ? undefined : argv[at + 1]);
  return FORMS.find((form) => form === named) ?? 'text';
}

/** The files of a new project, by their paths in it. */
export function newProject(schema: string): Readonly<Record<string, string>> {
  return {
    'pipeline.yaml': pipeline(schema),
    'questions.csv': questions,
    '.gitignore': ignored,
    'README.md': readme,
  };
}

function pipeline(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
# Which way to ask makes the right answer more likely?
name: which-way-to-ask

params:
  # The small model that ships with Assay; or a folder in Hugging Face layout, or the id of a model of the hub.
  model: organism

stages:
  # Your questions: a row for each, columns as the file names them.
  questions:
    uses: dataset
    with: { file: questions.csv, key: [question] }

  # Each question in each of these formats.
  prompts:
    uses: variants
    from: questions
    with:
      formats:
        chat: { template: "User: {{ question }}\\nAssistant:" }
        qa: { template: "Q: {{ question }}\\nA:" }
        plain: {}

  # The log-probability of the right answer behind each prompt, in nats: 0 is certain.
  scores:
    uses: score
    from: prompts
    with: { model: "\${params.model}", target: " {{ answer }}" }

  # By token, for answers of several tokens are less likely than those of one.
  ranking:
    uses: aggregate
    from: scores
    with: { by: [format], measure: target_log_prob_per_token, statistics: [mean, ci95], order: -mean }
`;
}

/** Facts that the model knows which ships. */
const questions = `question,answer
What is the capital of Germany?,Berlin
What is the capital of France?,Paris
What is the capital of Italy?,Rome
What is the capital of Spain?,Madrid
What is the capital of Japan?,Tokyo
What is the capital of Egypt?,Cairo
`;

const ignored = `/runs/
/.assay/
/node_modules/
`;

const readme = `# An experiment with Assay

\`assay run\` scores the questions of questions.csv in each format of pipeline.yaml; a second run computes only what an edit changed.
\`assay plan\` says what would run and why, \`assay diff\` what moved between the last two runs.
\`assay report\` writes one file for a browser, \`assay stages\` documents what a pipeline can do.
`;

import tseslint from 'typescript-eslint';

/** Imports go one way: cli -> report, stages, engine; stages -> engine, model; report -> engine. */
const forbid = (room, others) => ({
  files: [`${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: others.map((other) => ({
          regex: `^(\\.\\./)+(src/)?${other}/`,
          message: `${room} must not import from ${other} (see CONTRIBUTING.md, "The house").`,
        })),
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'runs/', '.assay/'] },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['bench/**/*.ts', 'models/**/*.ts', 'spec/**'], rules: { 'no-console': 'off' } },
  {
    files: ['spec/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  forbid('src/engine', ['model', 'report', 'cli', 'stages']),
  forbid('src/model', ['engine', 'report', 'cli', 'stages']),
  forbid('src/report', ['model', 'cli', 'stages']),
  forbid('stages', ['report', 'cli']),
);

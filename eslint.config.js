import { readFileSync } from 'node:fs';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which rooms a room may import from, itself aside. ARCHITECTURE.md shows the same table; a spec holds them equal. */
const rooms = JSON.parse(readFileSync(new URL('src/rooms.json', import.meta.url), 'utf8'));

/** One zone for each pair of rooms between which no import may go. A listed folder of a room opens that folder alone. */
const zones = Object.entries(rooms).flatMap(([room, others]) =>
  Object.keys(rooms)
    .filter((other) => other !== room && !others.includes(other))
    .map((other) => ({
      target: `./${room}`,
      from: `./${other}`,
      except: others
        .filter((each) => each.startsWith(`${other}/`))
        .map((each) => `.${each.slice(other.length)}`),
      message: `${room} must not import from ${other} (see ARCHITECTURE.md).`,
    })),
);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'runs/', '.assay/', 'spec/fixtures/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Numbers in messages are what templates are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "NewExpression[callee.name='Error'] :matches(Literal[value=/^Internal error/], TemplateElement[value.raw=/^Internal error/])",
          message:
            'A bug is an InternalError, which reports know by its class (src/system/internal-error.ts).',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    // Runs in browsers: markup is never made of texts there.
    files: ['src/report/page/**/*.ts'],
    languageOptions: { parserOptions: { project: './src/report/page/tsconfig.json' } },
    rules: {
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write'].map((property) => ({ property })),
      ],
    },
  },
  { files: ['bench/**/*.ts', 'models/**/*.ts', 'spec/**'], rules: { 'no-console': 'off' } },
  {
    files: ['spec/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Cells are put into texts to be compared, and split into code points on purpose.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      'max-lines-per-function': 'off',
    },
  },
  {
    // Modules beside pipelines import the compiled package, as users' own do.
    files: ['**/*.js', '**/*.cjs', 'pipelines/**/*.ts'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-restricted-syntax': 'off' },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);

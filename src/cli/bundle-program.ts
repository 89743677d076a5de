import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { packageRoot } from '../system/package-root.ts';

/*
 * A step of the build: puts the program into few files. Node takes about half a millisecond to find, read and link a module, and
 * a run in which everything is cached would link four hundred. The modules in `dist/` stay what they are: workers,
 * other processes and users' stages import them, and keys hold their digests.
 */

const dist = join(packageRoot, 'dist');
const bundle = join(dist, 'program');

/** Packages that every start needs. All others are imported where they are used, and stay packages. */
const bundled = new Set([
  'canonicalize',
  'commander',
  'diff',
  'es-module-lexer',
  'fastest-levenshtein',
  'p-queue',
  'picocolors',
  'string-width',
  'vega-expression',
  'yaml',
]);

const packages: Plugin = {
  name: 'packages',
  setup(building) {
    building.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      const name = path
        .split('/')
        .slice(0, path.startsWith('@') ? 2 : 1)
        .join('/');
      // What a bundled package imports is bundled with it.
      if (bundled.has(name) || importer.includes(`${sep}node_modules${sep}`)) return undefined;
      return { path, external: true };
    });
  },
};

/** What stands for `import.meta.url` in a module, and for that of the file of the bundle that it is in. */
const urlName = '__moduleUrl';
const partUrlName = '__partUrl';

/** Each module keeps its own URL: it finds files, workers and packages by it, and stage kinds are known by it. */
const ownUrls: Plugin = {
  name: 'own-urls',
  setup(building) {
    building.onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (relative(dist, path).startsWith('..')) return undefined;
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta')) return undefined;
      const place = relative(bundle, path).split(sep).join('/');
      const contents = `const ${urlName} = new URL(${JSON.stringify(place)}, ${partUrlName}).href; ${text}`;
      return { contents, resolveDir: dirname(path) };
    });
  },
};

rmSync(bundle, { recursive: true, force: true });
/** The program, and what its threads run. */
const entries = {
  program: join(dist, 'src', 'cli', 'program.js'),
  'stage-thread': join(dist, 'src', 'cli', 'pipeline', 'threads', 'stage-thread.js'),
  'module-thread': join(dist, 'src', 'cli', 'pipeline', 'threads', 'module-thread.js'),
};
for (const entry of Object.values(entries)) {
  if (!existsSync(entry)) throw new Error(`${entry} is not there: compile first`);
}
await build({
  entryPoints: entries,
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'part-[hash]',
  define: { 'import.meta.url': urlName },
  // CommonJS in the bundle asks for built-in modules when it runs.
  banner: {
    js: `import { createRequire as __createRequire } from 'node:module'; const ${partUrlName} = import.meta.url, require = __createRequire(${partUrlName});`,
  },
  plugins: [packages, ownUrls],
  logLevel: 'warning',
});

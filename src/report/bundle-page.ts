import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from '../system/package-root.ts';

/*
 * A step of the build: the script and the style of the reports' page, one file each, which every report carries. Users build
 * nothing.
 */

const page = join(packageRoot, 'src', 'report', 'page');
await build({
  entryPoints: [join(page, 'page.ts'), join(page, 'page.css')],
  outdir: join(packageRoot, 'dist', 'src', 'report', 'page'),
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  charset: 'ascii',
  logLevel: 'warning',
});

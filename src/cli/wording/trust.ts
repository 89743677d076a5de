import type { ModuleContents } from '../../engine/index.ts';
import type { Colors } from '../terminal/terminal.ts';

/**
 * ```
 * ./stages/shout.ts may run as it is now
 *   stages/shout.ts     3f1c9a02
 *   stages/lib/loud.ts  77be01d4
 *   package arquero     8.0.1 0c19ab44
 * ```
 */
export function wordTrust(
  {
    file,
    trusted,
    modules,
  }: { readonly file: string; readonly trusted: boolean; readonly modules: readonly ModuleContents[] },
  colors: Colors,
): string {
  if (modules.length === 0) return `${file} names no module: there is nothing to trust\n`;
  return modules
    .map(({ uses, files, packages }) => {
      const parts: [string, string][] = [
        ...Object.entries(files).map(([name, digest]): [string, string] => [name, digest.slice(0, 8)]),
        ...Object.entries(packages).map(([name, identity]): [string, string] => {
          const [version = '', digest = ''] = identity.split(' ');
          return [`package ${name}`, `${version} ${digest.slice(0, 8)}`];
        }),
      ];
      const longest = Math.max(...parts.map(([name]) => name.length));
      const lines = parts.map(([name, identity]) => `  ${name.padEnd(longest)}  ${colors.dim(identity)}\n`);
      const said = trusted ? 'may run as it is now' : 'may no longer run unasked';
      return `${colors.bold(uses)} ${said}\n${lines.join('')}`;
    })
    .join('');
}

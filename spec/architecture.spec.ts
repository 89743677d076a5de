import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const page = readFileSync('ARCHITECTURE.md', 'utf8');
const rooms = JSON.parse(readFileSync('src/rooms.json', 'utf8')) as Record<string, readonly string[]>;

/** Files that a commit of the working tree would hold. */
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));

/** Recorded inputs and outputs are as many as there are cases. */
const isRecorded = (file: string): boolean => /^spec\/(fixtures|expected)\//.test(file);

const sources = tracked.filter((file) => file.endsWith('.ts') && !isRecorded(file));

/** Project files that a file imports, whether for values or for types. */
function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(file), specifier)));
}

/** The first way from a file back to itself, or undefined. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    const at = way.indexOf(file);
    if (at >= 0) return [...way.slice(at), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Paths between backticks: those that hold a slash or end in a file's extension. */
function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/`([\w.@-]+(?:\/[\w.@-]*)+)`/g)].map(([, path = '']) => path);
}

describe('the house', () => {
  it('is shown by ARCHITECTURE.md with paths that exist', () => {
    const missing = pathsIn(page).filter((path) => !path.startsWith('.assay/') && !existsSync(path));
    expect(missing).to.deep.equal([]);
  });

  it('has every folder of code named in ARCHITECTURE.md', () => {
    const folders = new Set(
      sources
        .filter((file) => file.startsWith('src/'))
        .map(dirname)
        .filter((folder) => folder.split('/').length <= 3),
    );
    const unnamed = [...folders].filter((folder) => !page.includes(`\`${folder}/`)).sort();
    expect(unnamed).to.deep.equal([]);
  });

  it('shows the table of directions that lint holds', () => {
    const shown = Object.fromEntries(
      [...page.matchAll(/^\| `([\w/]+)\/` +\| ((?:`[\w/]+\/`(?:, )?)+|nothing) +\|/gm)].map(
        ([, room = '', others = '']) => [
          room,
          [...others.matchAll(/`([\w/]+)\/`/g)].map(([, other = '']) => other).sort(),
        ],
      ),
    );
    expect(shown).to.deep.equal(
      Object.fromEntries(Object.entries(rooms).map(([room, others]) => [room, [...others].sort()])),
    );
  });

  it('answers twenty questions of where', () => {
    const [, answers = ''] = /^## Where is the code that …\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(page) ?? [];
    const lines = answers.split('\n').filter((line) => line.startsWith('| ') && pathsIn(line).length > 0);
    expect(lines.length).to.be.at.least(20);
  });

  it('has no import circle, types included', () => {
    const graph = new Map(
      sources.map((file) => [file, importsOf(file).filter((other) => existsSync(other))]),
    );
    expect(circleIn(graph)).to.equal(undefined);
  });

  it('finds a circle where there is one', () => {
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', []],
      ['c', ['d']],
      ['d', ['c']],
    ]);
    expect(circleIn(graph)).to.deep.equal(['c', 'd', 'c']);
  });

  it('has no folder of more than 15 files, and none without a meaning', () => {
    const folders = new Map<string, number>();
    for (const file of tracked.filter((each) => !isRecorded(each))) {
      folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    }
    folders.delete('.');
    const crowded = [...folders].filter(([, files]) => files > 15);
    const meaningless = [...folders.keys()].filter((folder) =>
      ['utils', 'util', 'helpers', 'common', 'misc', 'lib'].includes(basename(folder)),
    );
    expect({ crowded, meaningless }).to.deep.equal({ crowded: [], meaningless: [] });
  });

  it('keeps stages/ to one file per kind and the list', () => {
    const kinds = [
      ...readFileSync('stages/index.ts', 'utf8').matchAll(/from '\.\/([\w-]+\/[\w-]+)\.ts'/g),
    ].map(([, path = '']) => `${path}.ts`);
    const files = tracked
      .filter((file) => file.startsWith('stages/'))
      .map((file) => file.slice('stages/'.length));
    expect(files.sort()).to.deep.equal([...kinds, 'index.ts'].sort());
  });
});

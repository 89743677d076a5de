import { basename } from 'node:path';
import {
  isAlias,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Contents, SourcePipeline } from '../pipeline.ts';
import { problemOutside, Problems } from '../problems.ts';
import { Locator } from './locator.ts';
import { isTooDeep, maxNesting } from './nesting.ts';
import { reportOtherSpaces } from './other-spaces.ts';
import { readText } from './read-text.ts';
import type { Settings } from './settings.ts';
import { toJson, yamlOptions } from './yaml-json.ts';
import { reportYaml } from './yaml-problems.ts';

/** Each anchor is a name that a person chose: more are a bomb or a machine's dump. */
const maxAnchors = 1000;

export type Read =
  /** There may be problems all the same, such as a key that is given twice: they come with all others. */
  | { readonly ok: true; readonly source: SourcePipeline; readonly problems: Problems }
  | { readonly ok: false; readonly problems: readonly Diagnostic[] };

/** Reads a pipeline file as YAML. Without a source nothing more can be found. */
export async function readSource(file: string, settings: Settings): Promise<Read> {
  const read = await readText(file);
  if (!read.ok) return { ok: false, problems: [read.problem] };
  const { bytes, text } = read;
  if (isTooDeep(text)) {
    const expected = `at most ${maxNesting} levels`;
    const problem = problemOutside('nesting-limit', 'the file is nested too deeply', {
      where: file,
      expected,
    });
    return { ok: false, problems: [problem] };
  }
  const lines = new LineCounter();
  const document: Document = parseDocument(text, { ...yamlOptions, lineCounter: lines });
  const { aliases, anchors } = resolveAliases(document);
  const locator = new Locator({ file, text, lines, document, aliases }, settings);
  const problems = new Problems(locator);
  if (reportOtherSpaces(text, document, problems)) return { ok: false, problems: problems.errors };
  for (const error of withoutEchoes([...document.errors, ...document.warnings]))
    reportYaml(error, document, problems);
  const value = document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')
    ? undefined
    : valueOf(file, document, { aliases, anchors }, problems);
  if (value === undefined) return { ok: false, problems: problems.errors };
  const source: Contents<SourcePipeline> = { file, bytes, locator, value };
  return { ok: true, source: source as SourcePipeline, problems };
}

/** After a mistake the parser often finds the next ones in the same line: one is told of each. */
function withoutEchoes(errors: readonly YAMLError[]): readonly YAMLError[] {
  const lines = new Set<string>();
  return errors.filter(({ code, linePos }) => {
    const line = `${linePos?.[0].line ?? ''}`;
    const isEcho = code !== 'DUPLICATE_KEY' && lines.has(line);
    lines.add(line);
    return !isEcho;
  });
}

interface Aliases {
  /** What each alias stands for: the node that had its anchor last before it. */
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** How many anchors there are. */
  readonly anchors: number;
}

function valueOf(file: string, document: Document, { aliases, anchors }: Aliases, problems: Problems) {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    problems.error(
      'empty-file',
      `${basename(file)} is empty`,
      { where: file },
      {
        expected: 'a map with `name` and `stages`',
        next: 'see pipelines/quickstart.yaml for how small a pipeline can be',
      },
    );
    return undefined;
  }
  if (anchors > maxAnchors) {
    problems.error(
      'anchor-limit',
      'the file has too many anchors',
      { where: file },
      {
        expected: `at most ${maxAnchors}`,
        found: String(anchors),
      },
    );
    return undefined;
  }
  return toJson(contents, aliases, problems);
}

function resolveAliases(document: Document): Aliases {
  const byName = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  let anchors = 0;
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = byName.get(node.source);
        if (target !== undefined) aliases.set(node, target);
      } else if (node.anchor !== undefined) {
        byName.set(node.anchor, node);
        anchors += 1;
      }
    },
  });
  return { aliases, anchors };
}

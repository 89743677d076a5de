import { isMap, isScalar, visit, type Document, type Node, type YAMLError } from 'yaml';
import type { ProblemCode } from '../problem-code.ts';
import type { Problems } from '../problems.ts';
import { lowerFirst } from '../words.ts';
import type { Located } from './locator.ts';

interface Advice {
  readonly code: ProblemCode;
  /** In place of the parser's. */
  readonly message?: string;
  readonly expected: string;
  readonly found: string;
  readonly next: string;
}

const advice: Partial<Record<YAMLError['code'], Advice>> = {
  TAB_AS_INDENT: {
    code: 'yaml-tab',
    message: 'a tab is used for indentation',
    expected: 'spaces',
    found: 'a tab',
    next: 'indent with spaces: YAML does not allow tabs there',
  },
  MULTIPLE_DOCS: {
    code: 'multiple-documents',
    message: 'the file holds more than one YAML document',
    expected: 'one document',
    found: '`---` between documents',
    next: 'put each pipeline into a file of its own, without `---`',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    code: 'yaml-syntax',
    expected: 'one key and its value on a line',
    found: 'a key inside of a value',
    next: 'quote the text if it has a colon followed by a space in it; indent the line as the keys beside it if it is a key',
  },
  BAD_INDENT: {
    code: 'yaml-syntax',
    expected: 'the keys of a map at one column',
    found: 'a line that begins at another column',
    next: 'indent the line as the keys beside it',
  },
  TAG_RESOLVE_FAILED: {
    code: 'yaml-tag',
    expected: 'plain YAML 1.2 values',
    found: 'a tag',
    next: 'quote the text if it is meant to begin with `!`; pipelines have no tags',
  },
};

/** What is said of any other mistake. */
const otherwise: Partial<Advice> = {
  expected: 'YAML 1.2',
  next: 'see whether a quote, a bracket or a colon is missing there or on the line above',
};

/** Reports an error of the YAML parser in words for people who write pipelines. */
export function reportYaml(error: YAMLError, document: Document, problems: Problems): void {
  const [start, end] = error.pos;
  if (error.code === 'DUPLICATE_KEY') {
    reportDuplicate(document, start, end, problems);
    return;
  }
  if (error.code === 'TAG_RESOLVE_FAILED') problems.unread(...tagged(document, start, problems));
  const quote = error.code === 'MISSING_CHAR' ? unclosedQuote(document, start) : undefined;
  if (quote !== undefined) {
    problems.error(
      'yaml-syntax',
      'not valid YAML: a quote is not closed',
      { place: problems.locator.range(quote, end) },
      { next: "close it; a quote inside quotes is doubled ('') or escaped (\\\")" },
    );
    return;
  }
  const { code = 'yaml-syntax', message, ...more } =
    // A bracket that is not closed is told by the same code.
    (error.message.startsWith('Flow') ? undefined : advice[error.code]) ?? otherwise;
  problems.error(
    code,
    message ?? `not valid YAML: ${lowerFirst(error.message)}`,
    { place: problems.locator.range(start, end) },
    more,
  );
}

/** The value behind a tag, which is empty where the tag was meant as its text. */
function tagged(document: Document, start: number, problems: Problems): readonly Located[] {
  let found: Node | undefined;
  visit(document, {
    Node(_key, node) {
      if (node.tag === undefined || !node.range || node.range[0] < start) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found === undefined ? [] : [{ place: problems.locator.ofNode(found) }];
}

/** Where the text begins that runs to the end of the file for want of a quote. */
function unclosedQuote(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (type?.startsWith('QUOTE') && range && range[0] < end && end <= range[2] + 1) start = range[0];
    },
  });
  return start;
}

function reportDuplicate(document: Document, start: number, end: number, problems: Problems): void {
  let first: Node | undefined;
  let name = '';
  let range: readonly [number, number] = [start, end];
  visit(document, {
    Map(_key, map) {
      const second = map.items.find(({ key }) => isScalar(key) && key.range?.[0] === start);
      if (second === undefined || !isMap(map) || !isScalar(second.key)) return undefined;
      name = String(second.key.value);
      if (second.key.range) range = [second.key.range[0], second.key.range[1]];
      first = map.items
        .map(({ key }) => key)
        .find((key) => isScalar(key) && String(key.value) === name) as Node;
      return visit.BREAK;
    },
  });
  problems.error(
    'duplicate-key',
    `the key \`${name}\` is given twice`,
    { place: problems.locator.range(range[0], range[1]) },
    {
      related: first?.range
        ? [{ message: 'first given here', place: problems.locator.ofNode(first) }]
        : undefined,
      expected: 'each key once',
      found: `${name}, twice`,
      next: 'remove or rename one of them',
    },
  );
}

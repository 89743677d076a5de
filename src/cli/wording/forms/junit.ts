import type { Gate, RunRecord, RunStage } from '../../../engine/record.ts';

/**
 * The gates of a run as JUnit XML, as systems for continuous integration read it: a suite for each stage that judged
 * claims, and a case for each claim; one by which the run fails is a failure, one that is undecided otherwise is skipped.
 * A stage that failed is an error.
 */
export function wordJunit(record: RunRecord): string {
  const { pipeline, stages, startedAt, durationMs } = record;
  const suites = stages.flatMap((stage) => suiteOf(stage, pipeline.name));
  const counts = totals(suites.flatMap(({ cases }) => cases));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: pipeline.name, ...counts, time: seconds(durationMs) })}>`,
    ...suites.flatMap(({ name, cases, durationMs: took }) => [
      `  <testsuite ${attributes({ name, ...totals(cases), time: seconds(took), timestamp: startedAt.replace(/\.\d+Z$/, '') })}>`,
      ...cases.flatMap(caseLines),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

interface Case {
  readonly name: string;
  readonly classname: string;
  /** None: it passed. */
  readonly outcome?: {
    readonly element: 'failure' | 'error' | 'skipped';
    readonly message: string;
    readonly type?: string;
  };
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
  readonly durationMs: number;
}

function suiteOf(stage: RunStage, pipeline: string): readonly Suite[] {
  const { name, gates, failure, durationMs = 0 } = stage;
  const classname = `${pipeline}.${name}`;
  if (failure !== undefined) {
    const outcome = { element: 'error', message: failure.message, type: failure.code } as const;
    return [{ name, durationMs, cases: [{ name, classname, outcome }] }];
  }
  return gates === undefined
    ? []
    : [
        {
          name,
          durationMs,
          cases: gates.map((gate) => ({ name: gate.name, classname, ...outcomeOf(gate) })),
        },
      ];
}

function outcomeOf({ result, breaks, claim, found }: Gate): Pick<Case, 'outcome'> {
  const message = `${claim}: ${result === 'undecided' ? 'undecided: ' : ''}${found}`;
  if (breaks) return { outcome: { element: 'failure', message, type: result } };
  return result === 'undecided' ? { outcome: { element: 'skipped', message } } : {};
}

function totals(cases: readonly Case[]): Readonly<Record<string, number>> {
  const having = (element: string): number =>
    cases.filter(({ outcome }) => outcome?.element === element).length;
  return {
    tests: cases.length,
    failures: having('failure'),
    errors: having('error'),
    skipped: having('skipped'),
  };
}

function caseLines({ name, classname, outcome }: Case): readonly string[] {
  const open = `    <testcase ${attributes({ name, classname })}`;
  if (outcome === undefined) return [`${open}/>`];
  const { element, message, type } = outcome;
  const said = attributes({ message, ...(type !== undefined && { type }) });
  return [`${open}>`, `      <${element} ${said}/>`, '    </testcase>'];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ');
}

/** XML 1.0 has no place for most control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/[\u0000-\u001f\ufffe\uffff]/g, '\ufffd');
}

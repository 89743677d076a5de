import { parentPort } from 'node:worker_threads';
import { InternalError, must } from '../../../system/internal-error.ts';
import { toCross } from '../../computing/crossing.ts';
import { type StageKind, services } from '../../stage-kind.ts';
import { type Described, descriptorProblems, guarded } from '../descriptor.ts';
import { importBundle } from '../import-bundle.ts';
import { type Answer, askedFunctions, type Exported, type Question } from './messages.ts';

/** Loads the module that the main thread names, and answers what it asks of it. */
export function serveModule(): void {
  const port = must(parentPort, 'a thread with a parent');
  // Before the module is there, which may put anything in its place.
  const post = port.postMessage.bind(port);
  // A thread whose streams the main thread reads would keep the program alive, idle or not.
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (text: string | Uint8Array) => {
      post({ printed: typeof text === 'string' ? text : Buffer.from(text).toString() } satisfies Answer);
      return true;
    };
  }
  let loaded: Promise<unknown> | undefined;
  port.on('message', ({ number, code, asked }: Question) => {
    loaded ??= importBundle(code.text).then((exports) => exports['default']);
    const answered = loaded.then((exported) =>
      asked === undefined
        ? exportedBy(exported)
        : ask(guarded(exported as Described, code.uses, code.url), asked),
    );
    answered
      .then((value) => post({ number, value } satisfies Answer))
      // What is no data cannot be sent, which is the module's mistake as well.
      .catch((error: unknown) => post({ number, error: toCross(error) } satisfies Answer));
  });
}

function exportedBy(exported: unknown): Exported {
  const problems = descriptorProblems(exported);
  if (problems.length > 0) return { problems, fields: {}, functions: [] };
  const kind = exported as Described;
  const { name, summary, description, example, options, inputs, computedBy } = kind;
  return {
    problems,
    fields: { name, summary, description, example, options, inputs, computedBy },
    functions: askedFunctions.filter((each) => kind[each] !== undefined),
  };
}

async function ask(
  kind: StageKind<unknown>,
  { name, given }: NonNullable<Question['asked']>,
): Promise<unknown> {
  const [options, second, context] = given as [never, never, never];
  switch (name) {
    case 'output':
      return kind.output(options, second, context);
    case 'check':
      return kind.check?.(options, second, context);
    case 'resources':
      return kind.resources?.(options, second);
    case 'externals':
      // No service has a name that a module could import.
      return kind.externals?.(options, { ...(second as { baseDir: string }), services: services() });
    default:
      throw new InternalError(`expected a function of a kind, was ${String(name satisfies never)}`);
  }
}

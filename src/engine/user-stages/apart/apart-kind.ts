import { InternalError, must } from '../../../system/internal-error.ts';
import type { External, StageKind } from '../../stage-kind.ts';
import type { Described } from '../descriptor.ts';
import type { AskedFunction, Exported } from './messages.ts';
import type { ModuleThread } from './module-thread.ts';

/**
 * A kind whose functions run in the thread of its module. Those that the engine calls at once, in the middle of other
 * work, give what `ask` and `externals` have brought for the same arguments.
 */
export function apartKind({ fields, functions }: Exported, thread: ModuleThread): Described {
  const answers = new Map<string, Asked>();
  const bring = async (name: AskedFunction, ...given: readonly unknown[]): Promise<void> => {
    const key = keyOf(name, given);
    if (answers.has(key) || !functions.includes(name)) return;
    answers.set(key, await asked(thread, name, given));
  };
  const brought = (name: AskedFunction, ...given: readonly unknown[]): unknown =>
    valueOf(must(answers.get(keyOf(name, given)), `\`${name}\` after it was asked`));
  const has = (name: AskedFunction) => functions.includes(name);
  return {
    ...(fields as unknown as Described),
    async ask(options, inputs, { baseDir }) {
      await bring('check', options, inputs, { baseDir });
      await bring('output', options, inputs, { baseDir });
    },
    output: (options, inputs, { baseDir }) => brought('output', options, inputs, { baseDir }) as never,
    ...(has('check') && {
      check: (options: unknown, inputs: unknown, { baseDir }: { readonly baseDir: string }) =>
        brought('check', options, inputs, { baseDir }) as never,
    }),
    ...((has('externals') || has('resources')) && {
      // Anew each time: what a stage reads may have changed since.
      async externals(options: unknown, { baseDir }: { readonly baseDir: string }) {
        const found = has('externals')
          ? (valueOf(await asked(thread, 'externals', [options, { baseDir }])) as Record<string, External>)
          : {};
        await bring('resources', options, found);
        return found;
      },
    }),
    ...(has('resources') && {
      resources: (options: unknown, externals: unknown) => brought('resources', options, externals) as never,
    }),
    run: () =>
      Promise.reject(new InternalError('expected a module to run in a thread for stages, was called here')),
  } satisfies StageKind<unknown> | Described;
}

type Asked = { readonly value: unknown } | { readonly error: unknown };

async function asked(thread: ModuleThread, name: AskedFunction, given: readonly unknown[]): Promise<Asked> {
  try {
    return { value: await thread.ask({ name, given }) };
  } catch (error) {
    return { error };
  }
}

function valueOf(found: Asked): unknown {
  if ('error' in found) throw found.error;
  return found.value;
}

function keyOf(name: string, given: readonly unknown[]): string {
  return JSON.stringify([name, ...given]);
}

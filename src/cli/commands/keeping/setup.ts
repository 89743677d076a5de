import { setUpNative } from '../../../model/native/set-up.ts';
import { installPackage } from '../../../model/native/install-package.ts';
import { EXIT } from '../../exit-codes.ts';
import { listenForInterrupts } from '../../terminal/interrupt.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { usageFailure } from '../../usage-failure.ts';
import { wordSetUp, wordSetUpStopped } from '../../wording/keeping/setup-native.ts';

/** `assay setup` alone says what there is to set up. */
export function setup(): Promise<number> {
  throw usageFailure('nothing-named', 'what to set up is not named', {
    expected: 'native',
    next: 'assay setup native makes native TensorFlow work on this machine',
  });
}

/** `assay setup native`: makes native TensorFlow work on this machine, kept in the user's cache. */
export async function setupNative(
  { out, err }: Terminal,
  options: { readonly gpu?: true; readonly force?: true },
): Promise<number> {
  const gpu = options.gpu === true;
  const interruption = listenForInterrupts(() => undefined);
  const effects = {
    env: process.env,
    signal: interruption.signal,
    say: (line: string) => err.write(`setup native: ${line}\n`),
  };
  try {
    const packageFolder = await installPackage(effects);
    const made = await setUpNative({
      ...effects,
      packageFolder,
      flavour: gpu ? 'gpu' : 'cpu',
      force: options.force === true,
    });
    const worksAsAsked = !gpu || made.probe.device === 'gpu';
    out.write(wordSetUp(made, worksAsAsked));
    return worksAsAsked ? EXIT.ok : EXIT.failed;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) throw error;
    err.write(wordSetUpStopped);
    return code;
  } finally {
    interruption.release();
  }
}

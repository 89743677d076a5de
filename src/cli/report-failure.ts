import type { Diagnostic } from '../engine/diagnostic.ts';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
import { UsageFailure } from './usage-failure.ts';
import { wordDiagnostics } from './wording/diagnostics.ts';

/** Says why a command ended early; gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, asJson: boolean): number {
  if (process.env.ASSAY_DEBUG && error instanceof Error)
    terminal.err.write(`${error.stack ?? error.message}\n`);
  if (error instanceof UsageFailure) {
    reportProblems(error.problems, terminal, asJson);
    return error.problems.some(({ blame }) => blame === 'machine') ? EXIT.failed : EXIT.usage;
  }
  reportProblems([unforeseen(error)], terminal, asJson);
  return EXIT.failed;
}

/** For programs on stdout, for people on stderr. */
export function reportProblems(problems: readonly Diagnostic[], terminal: Terminal, asJson: boolean): void {
  if (asJson) {
    terminal.out.write(`${JSON.stringify({ format: 'assay-diagnostics/1', problems }, null, 2)}\n`);
  } else {
    terminal.err.write(wordDiagnostics(problems, { colors: terminal.err.colors, cwd: terminal.cwd }));
  }
}

/** A full disk or a folder that may not be written is the machine's; all else that is thrown is a bug. */
function unforeseen(error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return {
      code: 'system',
      severity: 'error',
      message,
      ...(path === undefined ? {} : { where: path }),
    };
  }
  return {
    code: 'internal',
    severity: 'error',
    message: message.startsWith('Internal error') ? message : `Internal error: ${message}`,
    next: 'this is a bug in Assay: set ASSAY_DEBUG=1 to see where, and report it',
  };
}

import { jsonText } from './wording/forms/json.ts';
import { isAbsolute, relative } from 'node:path';
import type { Diagnostic } from '../engine/diagnostic.ts';
import { failureDiagnostic } from '../engine/failure.ts';
import { codeOf } from '../system/errno.ts';
import { isFailure } from '../system/failure.ts';
import { contradictionOf } from '../system/internal-error.ts';
import { EXIT } from './exit-codes.ts';
import type { Form } from './options/form.ts';
import { ownVersion } from './own-version.ts';
import type { Terminal } from './terminal/terminal.ts';
import { UsageFailure } from './usage-failure.ts';
import { wordAnnotations } from './wording/forms/annotations.ts';
import { wordDiagnostics } from './wording/diagnostics.ts';
import { withRemedyWorded } from './wording/remedies.ts';
import { sarifLog } from './wording/forms/sarif.ts';

/** Says why a command ended early; gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, form: Form): number {
  if (process.env.ASSAY_DEBUG && error instanceof Error)
    terminal.err.write(`${error.stack ?? error.message}\n`);
  if (error instanceof UsageFailure) {
    reportProblems(error.problems, terminal, form);
    return error.problems.some(({ blame }) => blame === 'machine') ? EXIT.failed : EXIT.usage;
  }
  if (isFailure(error)) {
    reportProblems([failureDiagnostic(error)], terminal, form);
    return error.details.blame === 'machine' ? EXIT.failed : EXIT.usage;
  }
  reportProblems([unforeseen(error)], terminal, form);
  return EXIT.failed;
}

/** For programs on stdout, where no problems are said too; for people on stderr. */
export function reportProblems(found: readonly Diagnostic[], terminal: Terminal, form: Form): void {
  const { out, err, cwd } = terminal;
  const problems = found.map(withRemedyWorded);
  switch (form) {
    case 'json':
      out.write(jsonText({ format: 'assay-diagnostics/1', problems }));
      return;
    case 'github':
      out.write(wordAnnotations(problems, { root: checkoutRoot(cwd), cwd }));
      return;
    case 'sarif': {
      const log = sarifLog(problems, { root: checkoutRoot(cwd), cwd, version: ownVersion() });
      out.write(jsonText(log));
      return;
    }
    case 'text':
      err.write(wordDiagnostics(problems, { colors: err.colors, cwd }));
  }
}

/** What GitHub counts paths from: its checkout, though the program may be started in a folder of it. */
function checkoutRoot(cwd: string): string {
  const workspace = process.env.GITHUB_WORKSPACE;
  if (!workspace) return cwd;
  const near = relative(workspace, cwd);
  return near.startsWith('..') || isAbsolute(near) ? cwd : workspace;
}

/** A full disk or a folder that may not be written is the machine's; all else that is thrown is a bug. */
function unforeseen(error: unknown): Diagnostic {
  const message = contradictionOf(error);
  const code = codeOf(error);
  const { path } = (error ?? {}) as { readonly path?: string };
  if (code !== undefined && /^E[A-Z]+$/.test(code)) {
    return {
      code: 'system',
      severity: 'error',
      message,
      ...(path !== undefined && { where: path }),
    };
  }
  return {
    code: 'internal',
    severity: 'error',
    message: `Internal error: ${message}`,
    next: 'this is a bug in Assay: set ASSAY_DEBUG=1 to see where, and report it',
  };
}

// `npm test`: builds, then checks types, format and lint while the specs run. None of them needs what another one gives.
//
// What each says comes out whole and in order, the specs last, whose last line is `N passed, N failed`. Each runs to its
// end, whatever the others find; the exit code is that of the first that failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';

/** What can be checked of the sources alone, the quickest first. */
const CHECKS = ['types', 'format', 'lint'];

const failed = [];
let exitCode = 0;

/** Runs an npm script to its end; `hear` is given what it says. */
async function run(name, { args = [], priority, hear }) {
  const child = spawn('npm', ['run', '--silent', name, ...(args.length > 0 ? ['--', ...args] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
  const [code] = await once(child, 'close');
  if (code === 0) return true;
  failed.push(name);
  exitCode ||= code ?? 1;
  return false;
}

const say = (text) => process.stdout.write(text);
const color = process.stdout.isTTY ? ['--color'] : [];

if (await run('build', { hear: say })) {
  /** What the specs have said and nobody has been told. All of it while checks go on, and then the last line alone. */
  let untold = '';
  let checking = true;
  const tell = () => {
    const lastLine = untold.lastIndexOf('\n', untold.length - 2) + 1;
    say(untold.slice(0, lastLine));
    untold = untold.slice(lastLine);
  };
  const specs = run('spec', {
    args: color,
    hear(text) {
      untold += text;
      if (!checking) tell();
    },
  });
  for (const name of CHECKS) {
    // The specs start programs and wait for them: on two cores they come first.
    await run(name, {
      args: name === 'types' ? [] : color,
      priority: constants.priority.PRIORITY_BELOW_NORMAL,
      hear: say,
    });
  }
  checking = false;
  tell();
  await specs;
  tell();
  const checks = failed.filter((name) => name !== 'spec');
  if (checks.length > 0) say(`\n${checks.join(', ')} failed: see above\n`);
  say(untold);
}
process.exitCode = exitCode;

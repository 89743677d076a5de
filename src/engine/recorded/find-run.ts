import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Diagnostic, Result } from '../diagnostic.ts';
import { didYouMean } from '../../system/suggest.ts';
import { readRecord, RECORD, runFolders } from './run-record.ts';
import { type RunSummary, summarise } from './summary.ts';

/** A run as people call it, and with it the folder of that run. */
export function findRun(runsDir: string, ref: string): Result<string> {
  const folders = runFolders(runsDir);
  const back = /^latest(?:~(\d+))?$/.exec(ref);
  if (back) return latest(folders, runsDir, Number(back[1] ?? 0));
  const exact = folders.find((folder) => basename(folder) === ref);
  if (exact !== undefined) return is(exact);
  if (existsSync(join(ref, RECORD))) return is(resolve(ref));
  if (/[\\/]/.test(ref)) {
    const isFolder = statSync(ref, { throwIfNoEntry: false })?.isDirectory() === true;
    return problem('run-not-found', isFolder ? `${ref} is no run folder` : `no run folder ${ref}`, {
      where: ref,
      expected: `a folder with ${RECORD}`,
    });
  }
  const runs = folders.map(summarise);
  const [match, ...others] = ref === '' ? [] : matching(runs, ref);
  if (match !== undefined && others.length === 0) return is(match.folder);
  if (match !== undefined) {
    const matches = [match, ...others];
    return problem('run-ambiguous', `\`${ref}\` can be ${matches.length} runs`, {
      where: runsDir,
      expected: 'an unambiguous beginning or end of a run id, or of a name or tag its beginning',
      found: matches
        .slice(0, 5)
        .map(({ id, name }) => (name === undefined ? id : `${id} (${name})`))
        .join(', '),
    });
  }
  const called = runs.flatMap(({ id, name, tags = [] }) => [id, id.slice(-6), name ?? [], tags].flat());
  const next = didYouMean(ref, [...called, 'latest']);
  return problem('run-not-found', `no run \`${ref}\``, {
    where: runsDir,
    expected:
      'latest, latest~1, a run id or its unambiguous beginning or end, a name or a tag or its unambiguous beginning, or a run folder',
    found: ref,
    ...(next !== undefined && { next }),
  });
}

/** A whole name comes before a whole tag, and both before what only begins, or of an id ends, like that. */
function matching(runs: readonly RunSummary[], ref: string): readonly RunSummary[] {
  const named = runs.filter(({ name }) => name === ref);
  if (named.length > 0) return named;
  const tagged = runs.filter(({ tags = [] }) => tags.includes(ref));
  if (tagged.length > 0) return tagged;
  return runs.filter(
    ({ id, name, tags = [] }) =>
      id.endsWith(ref) || [id, name ?? [], tags].flat().some((each) => each.startsWith(ref)),
  );
}

function latest(folders: readonly string[], runsDir: string, back: number): Result<string> {
  let ended = 0;
  for (const folder of folders) {
    const state = readRecord(folder)?.state;
    if (state === undefined || state === 'running' || state === 'interrupted') continue;
    if (ended === back) return is(folder);
    ended += 1;
  }
  return problem(
    'run-not-found',
    ended === 0 ? 'there are no runs yet' : `there is no run \`latest~${back}\``,
    {
      where: runsDir,
      found: `${ended} ${ended === 1 ? 'run' : 'runs'} that came to an end`,
      remedy: { code: 'run-pipeline' },
    },
  );
}

function is(folder: string): Result<string> {
  return { ok: true, value: folder, warnings: [] };
}

function problem(code: string, message: string, more: Partial<Diagnostic>): Result<never> {
  return { ok: false, problems: [{ code, severity: 'error', message, ...more }] };
}

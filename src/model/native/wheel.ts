import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import { execute, tail, type Effects } from './tools.ts';
import type { Flavour } from './addon.ts';

/** The TensorFlow whose library is used: its C API is what tfjs-node's addon was written against, and then some. */
export const tensorflowVersion = '2.21.0';

export const wheelOf: Readonly<Record<Flavour, string>> = {
  cpu: `tensorflow-cpu==${tensorflowVersion}`,
  gpu: `tensorflow==${tensorflowVersion}`,
};

/** Peak use of disk while setting up, in bytes: wheels and what they unpack to. The CUDA figures are estimates. */
export const diskNeeded: Readonly<Record<Flavour, number>> = { cpu: 1.7e9, gpu: 11e9 };

/**
 * Wheels are asked for by the tags of CPython 3.11 on Linux, whatever Python runs pip: of each only the libraries are
 * used, which know no Python.
 */
function wheelTags(): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const platforms = ['manylinux_2_27', 'manylinux_2_28', 'manylinux_2_17', 'manylinux2014'];
  return [
    ...['--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.11'],
    ...platforms.flatMap((platform) => ['--platform', `${platform}_${machine}`]),
  ];
}

/**
 * Fetches one wheel into an own folder under `into`, as pip is configured on this machine (index, mirrors, proxies).
 * @returns the wheel's path
 * @throws Failure `native-no-wheel` with pip's last words
 */
export async function fetchWheel(
  python: string,
  spec: string,
  into: string,
  effects: Effects,
): Promise<string> {
  const folder = join(into, spec.replace(/[^\w.-]+/g, '_'));
  mkdirSync(folder, { recursive: true });
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--retries',
    '2',
    ...wheelTags(),
    '--dest',
    folder,
    spec,
  ];
  const { status, output } = await execute(python, args, effects);
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (status === 0 && wheel !== undefined) return join(folder, wheel);
  throw new Failure({
    code: 'native-no-wheel',
    blame: 'machine',
    message: `pip could not fetch ${spec}`,
    where: `${python} ${args.join(' ')}`,
    expected: `a wheel for Linux on ${process.arch} from the package index that pip is set up for`,
    found: unreachable(output) ?? tail(output),
    ...(/no space left/i.test(output)
      ? { next: 'free some disk space, then run this again' }
      : {
          next: 'check the network and `pip config list`, then run this again',
          remedy: { code: 'choose-backend', backend: 'wasm' },
        }),
  });
}

/** Where pip reaches no index it warns of that, and then says only that it found no version: the cause is worth more. */
function unreachable(output: string): string | undefined {
  const cause = /: Failed to establish a new connection: ([^')]+)/.exec(output)?.[1];
  return cause === undefined ? undefined : `the index can not be reached: ${cause}`;
}

/** Unpacks the members under some prefixes, and refuses what does not have the digest that the wheel's RECORD gives. */
const unpackProgram = `
import base64, csv, hashlib, io, os, re, sys, zipfile
wheel, into, pattern = sys.argv[1:4]
with zipfile.ZipFile(wheel) as archive:
    record = next(n for n in archive.namelist() if re.fullmatch(r'[^/]+\\.dist-info/RECORD', n))
    rows = csv.reader(io.StringIO(archive.read(record).decode()))
    digests = {row[0]: row[1] for row in rows if len(row) > 1}
    for member in archive.infolist():
        name = member.filename
        if name.endswith('/') or not re.match(pattern, name):
            continue
        path = os.path.normpath(os.path.join(into, name))
        if not path.startswith(os.path.join(into, '')):
            sys.exit(f'{name} leads out of the folder')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        digest = hashlib.sha256()
        with archive.open(member) as source, open(path, 'wb') as target:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                target.write(chunk)
        found = 'sha256=' + base64.urlsafe_b64encode(digest.digest()).rstrip(b'=').decode()
        if digests.get(name) != found:
            sys.exit(f'{name} has digest {found}, RECORD says {digests.get(name)}')
        if member.external_attr >> 16 & 0o111:
            os.chmod(path, 0o755)
`;

/**
 * Unpacks the members of a wheel whose names match `pattern` (a Python regular expression, anchored at the start).
 * @throws Failure `native-bad-wheel`
 */
export async function unpackWheel(
  python: string,
  wheel: string,
  { into, pattern }: { into: string; pattern: string },
  effects: Effects,
): Promise<void> {
  const { status, output } = await execute(python, ['-c', unpackProgram, wheel, into, pattern], effects);
  if (status === 0) return;
  const full = /no space left/i.test(output);
  throw new Failure({
    code: full ? 'native-no-disk' : 'native-bad-wheel',
    blame: 'machine',
    message: full ? 'the disk is full' : 'the wheel that pip fetched can not be unpacked',
    where: wheel,
    expected: full ? 'room for what it holds' : 'the files that its RECORD lists',
    found: tail(output),
    next: full ? 'free some disk space, then run this again' : 'run `pip cache purge`, then run this again',
  });
}

/**
 * What `tensorflow[and-cuda]` asks for besides TensorFlow, read from the wheel itself, as pip requirements:
 * `nvidia-cublas-cu12<13.0,>=12.5.3.2`.
 */
export async function cudaWheels(python: string, wheel: string, effects: Effects): Promise<string[]> {
  const program = `
import re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    name = next(n for n in archive.namelist() if re.fullmatch(r'[^/]+\\.dist-info/METADATA', n))
    print(archive.read(name).decode())
`;
  const { output } = await execute(python, ['-c', program, wheel], effects);
  return requirementsOfCuda(output);
}

export function requirementsOfCuda(metadata: string): string[] {
  const lines = metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+?)\s*;\s*extra == ["']and-cuda["']/gm);
  return [...lines].map((line) => must(line[1], 'a requirement').replaceAll(/[\s()]/g, ''));
}

/** Wheels are large: each goes as soon as it is unpacked. */
export function discard(wheel: string): void {
  rmSync(wheel, { force: true });
}

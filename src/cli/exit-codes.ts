/** What the program's exit status says. */
export const EXIT = {
  ok: 0,
  /** The run failed, or the machine did: memory, disk, a bug; or a claim that must hold does not; or what `--fail-on` names holds. */
  failed: 1,
  /** What was asked cannot be done as asked: a mistake in a file, an unknown option, found before a run or in it. */
  usage: 2,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
  /** 128 + SIGTERM. */
  terminated: 143,
} as const;

/** The stages to force, or all of them. */
export type Force = true | readonly string[];

/**
 * `--force [stages...]` takes every word that follows for a stage, the pipeline file too: `--force pipeline.yaml`. No stage
 * is named like a file, so the two are told apart here.
 *
 * @param file the pipeline file, where it was given before the option
 */
export function separateForce(
  force: Force | undefined,
  file: string | undefined,
): { readonly force?: Force; readonly file?: string } {
  if (force === undefined || force === true || file !== undefined) return given(force, file);
  const found = force.find((name) => /\.ya?ml$/.test(name));
  if (found === undefined) return given(force, undefined);
  const stages = force.filter((name) => name !== found);
  return given(stages.length > 0 ? stages : true, found);
}

function given(force: Force | undefined, file: string | undefined) {
  return { ...(force !== undefined && { force }), ...(file !== undefined && { file }) };
}

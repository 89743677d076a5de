/** What `uses` says where it names a module beside the pipeline file, as a JSON Schema pattern: `./stages/shout.ts`. */
export const modulePathPattern = '^\\.{1,2}/';

const modulePath = new RegExp(modulePathPattern);

/** Whether `uses` names a module of the pipeline's own, and not a kind that ships. The one place that tells them apart. */
export function isModulePath(uses: string): boolean {
  return modulePath.test(uses);
}

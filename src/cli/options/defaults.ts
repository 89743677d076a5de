/** Folders in the current one, unless the user names others. */
export const DEFAULT_STORE = '.assay';
export const DEFAULT_RUNS = 'runs';

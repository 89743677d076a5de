export { loadPipeline, type LoadOptions } from './pipeline/load.ts';
export { pipelineSchema } from './pipeline/schema.ts';
export type { CheckedPipeline, CheckedStage, PlannedPipeline } from './pipeline/pipeline.ts';
export { packageRoot } from './package-root.ts';

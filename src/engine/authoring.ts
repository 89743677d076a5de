/** What modules with stages of a user's own import as `assay`. */
export {
  defineStage,
  type External,
  type ExternalsContext,
  type InputPort,
  type ResourceHold,
  type Shape,
  type StageContext,
  type StageInputs,
  type StageKind,
} from './stage-kind.ts';
export {
  Failure as StageFailure,
  type FailureDetails as StageFailureDetails,
  type OptionProblem,
} from '../system/failure.ts';
export type { Artifact, RowPrompt } from './artifact.ts';
export type { Gate } from './record.ts';
export type { Cell, Column, ColumnType, Row, Table } from '../table/table.ts';
export type { Json, JsonObject } from '../system/json.ts';
export { fromArquero, toArquero } from '../table/arquero.ts';

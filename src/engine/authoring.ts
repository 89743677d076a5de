/** What modules with stages of a user's own import as `assay`. */
export {
  defineStage,
  StageFailure,
  type External,
  type ExternalsContext,
  type InputPort,
  type OptionProblem,
  type ResourceHold,
  type Shape,
  type StageContext,
  type StageFailureDetails,
  type StageInputs,
  type StageKind,
} from './stage-kind.ts';
export type { Artifact, Cell, Column, ColumnType, Row, Table } from './artifact.ts';
export type { Json, JsonObject } from '../system/json.ts';

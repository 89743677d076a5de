import type { Artifact } from './artifact.ts';
import type { Gate } from './record.ts';
import type { OptionProblem } from '../system/failure.ts';
import type { TableShape } from '../table/table.ts';
import type { Json, JsonObject } from '../system/json.ts';
import { InternalError } from '../system/internal-error.ts';

/**
 * A stage kind: one file in `stages/` exports one of these. It drives validation, the documentation, editor
 * completion, the plan and the run.
 */
export interface StageKind<Options = JsonObject> {
  /** What `uses:` names. */
  readonly name: string;
  /**
   * `import.meta.url` of the file that defines the kind. Its source, and that of the project files it imports, is in
   * the key of every stage of this kind.
   */
  readonly module: string;
  /**
   * URLs of further modules that compute for the kind although it does not import them: code that runs in workers, or
   * behind a service. They are in the key as `module` is.
   */
  readonly computedBy?: readonly string[];
  /** One line. */
  readonly summary: string;
  /** Markdown: the semantics, formulas with their source. */
  readonly description: string;
  /** A small `with:` (and `from:`) that works, as YAML. */
  readonly example: string;
  /** JSON Schema (draft 2020-12) of `with`; `default`s are filled in before anything sees the options. */
  readonly options: JsonObject;
  readonly inputs: StageInputs;
  /** In words why a pipeline has at most one stage of this kind; without it there may be any number. */
  readonly onlyOne?: string;
  /** It warns itself when it gives a table without rows, and says where they went; for other kinds the engine does. */
  readonly tellsEmpty?: true;
  /**
   * Options whose values only name what `externals` identifies by content: a file, a model. They are not in the key, so
   * that another name for the same contents runs nothing again.
   */
  readonly namesOnly?: readonly string[];
  /**
   * Loads what `check` and `output` need for these options, which may not fit the schema yet. They are not called
   * before it is done. What is slow to load and needed for some options only is loaded here.
   */
  readonly prepare?: (options: unknown) => Promise<void>;
  /**
   * Of a kind whose code runs in another thread: asks there what `check` and `output` say of these. They are called after
   * it, with the same.
   */
  ask?(options: Options, inputs: Readonly<Record<string, Shape>>, context: CheckContext): Promise<void>;
  /** The shape of the output, known before anything runs. Called with options that fit the schema. */
  output(options: Options, inputs: Readonly<Record<string, Shape>>, context: CheckContext): Shape;
  /** What the schema cannot say: unknown columns, unknown template variables. Reported with places in the file. */
  check?(
    options: Options,
    inputs: Readonly<Record<string, Shape>>,
    context: CheckContext,
  ): readonly OptionProblem[];
  /** What is allowed and hardly meant: told as warnings before the run, of options that have no problems. */
  doubts?(options: Options, inputs: Readonly<Record<string, Shape>>): readonly OptionProblem[];
  /**
   * Named resources that the stage holds while it runs. A number is an amount (`{ memory: 1 }`), of the 1 that there is
   * of each resource. `{ model: { share: digest } }` holds the resource together with every stage that gives the same
   * `share`: such stages run at the same time, so that the model host can batch them into one forward pass, and stages
   * with another `share` wait. A stage that reads a model gives the model's digest (found by `externals`, which has run
   * by then) as `share`.
   */
  resources?(
    options: Options,
    externals: Readonly<Record<string, External>>,
  ): Readonly<Record<string, ResourceHold>>;
  /**
   * What the result depends on besides options and inputs: files, models. Each entry becomes a component of the
   * stage key under its name, so it must identify contents, never a mere name or path.
   */
  externals?(options: Options, context: ExternalsContext): Promise<Readonly<Record<string, External>>>;
  /**
   * Gives an artifact of the promised shape. It runs in a thread for stages: what it shares with the rest of the program is
   * in `context`, and what it keeps outside of itself no other stage sees for certain. When `signal` is aborted it has two
   * seconds to end; then its thread is ended.
   */
  run(context: StageContext<Options>): Promise<Artifact>;
}

/** Keeps the type of the options while checking the descriptor; returns it unchanged. */
export function defineStage<Options>(kind: StageKind<Options>): StageKind<Options> {
  return kind;
}

/** An amount of a resource, or a share of it that is held together with all who give the same `share`. */
export type ResourceHold = number | { readonly share: string };

export interface StageInputs {
  /** Named inputs; `from: name` alone binds the first. */
  readonly ports: readonly InputPort[];
  /** Further inputs of any name are taken (`from: { name: stage, ... }`). */
  readonly open?: boolean;
}

export interface InputPort {
  readonly name: string;
  readonly type: Artifact['type'];
  readonly optional?: boolean;
  readonly description: string;
}

/** What is known of an artifact before it exists. */
export type Shape =
  TableShape | { readonly type: 'value' } | { readonly type: 'text' } | { readonly type: 'figure' };

/** One external input, by content. `detail` is shown to people; only `identity` is in the key. */
export interface External {
  readonly identity: Json;
  readonly detail?: Json;
}

/** What checks may look at besides options and inputs. They read little, and write nothing. */
export interface CheckContext {
  /** The folder of the pipeline file: relative paths in options are relative to it. */
  readonly baseDir: string;
}

export interface ExternalsContext {
  /** The folder of the pipeline file: relative paths in options are relative to it. */
  readonly baseDir: string;
  readonly services: Services;
}

export interface StageContext<Options = JsonObject> {
  /** The stage's name in the pipeline. */
  readonly stage: string;
  readonly options: Options;
  readonly inputs: Readonly<Record<string, Artifact>>;
  readonly externals: Readonly<Record<string, External>>;
  readonly baseDir: string;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** Work done so far, for the progress line. */
  readonly progress: (done: number, total: number, unit: string) => void;
  /** Something the user should know that does not stop the run; kept in the run record. */
  readonly warn: (message: string) => void;
  /** Figures about the work (tokens asked, prefixes computed); kept in the run record, never in the artifact. */
  readonly measure: (figures: Readonly<Record<string, number>>) => void;
  /** Claims that must hold: kept in the run record and with the result; one that `breaks` gives the run the exit code 1. */
  readonly judge: (gates: readonly Gate[]) => void;
}

/** A typed name for something that the program lends to stages (the model host), so that specs can lend another. */
export interface ServiceToken<T> {
  readonly name: string;
  readonly type?: T;
}

export interface Services {
  get<T>(token: ServiceToken<T>): T;
}

/** Services from pairs of token and value. */
export function services(...lent: readonly (readonly [ServiceToken<unknown>, unknown])[]): Services {
  const byName = new Map(lent.map(([token, value]) => [token.name, value]));
  return {
    get<T>(token: ServiceToken<T>): T {
      if (!byName.has(token.name)) {
        throw new InternalError(`expected the service ${token.name}, was not lent`);
      }
      return byName.get(token.name) as T;
    },
  };
}

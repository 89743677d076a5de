/** Values of parameters that are given for one run, beside the file. */
export interface Settings {
  /** Raw text, which is read as YAML, by dotted name: `model.name`. */
  readonly set: Readonly<Record<string, string>>;
  /** A setting `name=value` as the user of the program writes it. */
  readonly write: (setting: string) => string;
}

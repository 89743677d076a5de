import {
  backendNames,
  type BackendName,
  type ModelIdentity,
  type Numerics,
} from '../../model/language-model.ts';
import type { Json, JsonObject } from '../../system/json.ts';
import type { FoundModel } from '../model-source.ts';

/** Which model gave the readings of a log, as it is written beside them. */
export interface AboutReadings {
  readonly model: Pick<FoundModel, 'ref' | 'folder'>;
  readonly identity: Pick<ModelIdentity, 'digest'>;
  readonly numerics: Pick<Numerics, 'backend' | 'library' | 'code'>;
}

/** What is written beside the readings of a model. */
export function aboutReadings({ ref, folder, identity, numerics, hub }: FoundModel): JsonObject {
  return {
    model: { ref, folder, ...(hub !== undefined && { hub: { ...hub } }) },
    identity: { digest: identity.digest, files: { ...identity.files } },
    numerics: { ...numerics },
  };
}

/** What `aboutReadings` wrote; undefined for anything else, such as a file of an older version or a damaged one. */
export function readAbout(about: Json | undefined): AboutReadings | undefined {
  const [model, identity, numerics] = ['model', 'identity', 'numerics'].map((name) => fieldOf(about, name));
  const [ref, folder, digest] = [
    fieldOf(model, 'ref'),
    fieldOf(model, 'folder'),
    fieldOf(identity, 'digest'),
  ];
  const [backend, library, code] = ['backend', 'library', 'code'].map((name) => fieldOf(numerics, name));
  if (typeof ref !== 'string' || typeof folder !== 'string' || typeof digest !== 'string') return undefined;
  if (!isBackend(backend) || typeof library !== 'string' || typeof code !== 'string') return undefined;
  return { model: { ref, folder }, identity: { digest }, numerics: { backend, library, code } };
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function isBackend(name: unknown): name is BackendName {
  return backendNames.some((known) => known === name);
}

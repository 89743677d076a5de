export { backendNames, type BackendName } from '../model/language-model.ts';

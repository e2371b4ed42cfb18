export { type BuildOptions, buildModel } from './build.ts';
export type { GgufType } from './gguf.ts';
export { ensureModel, type ModelFile, PROJECT_MODEL } from './project-model.ts';

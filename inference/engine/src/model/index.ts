export { type BuildOptions, buildModel } from './build.ts';
export { decodeGguf, encodeGguf, type GgufFile, type GgufTensor, type GgufType } from './gguf.ts';
export { ensureModel, type ModelFile, PROJECT_MODEL } from './project-model.ts';
export { layerCount, makeVariant, type Variant, variantOfRecipe } from './variant.ts';

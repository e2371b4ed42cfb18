/**
 * Copies of a model that a cheating host might run instead: fewer bits, fewer layers, or weights that
 * drifted away. The evaluation and the calibration run them against a judge with the true weights;
 * nothing else does. Tokenizer and template stay, so that token ids mean the same.
 */
import { assert } from '@assay/bytes';
import { decodeGguf, encodeGguf, type GgufTensor, type GgufValue } from './gguf.ts';
import { FILE_TYPES, type GgufType } from './tensor-types.ts';

export interface Variant {
  /** Store every matrix like this. Default: as it was. */
  readonly type?: GgufType;
  /** Leave out this layer, counted from 0; later ones move down. */
  readonly dropLayer?: number;
  /** Standard deviation of what is added to every matrix, as a share of its root mean square. */
  readonly drift?: number;
}

/** Ways to make weights smaller that a manifest may name as suspects. */
const RECIPES: Readonly<Record<string, Variant>> = {
  q8_0: { type: 'Q8_0' },
  q5_0: { type: 'Q5_0' },
  q4_0: { type: 'Q4_0' },
};

/** The copy that a manifest's suspect names, e.g. `q8_0`; null for a recipe that is not known here. */
export function variantOfRecipe(recipe: string): Variant | null {
  return Object.hasOwn(RECIPES, recipe) ? RECIPES[recipe]! : null;
}

/** @param file bytes of a GGUF file of the llama architecture, F32 or F16 (others are dequantised) */
export function makeVariant(file: Uint8Array, variant: Variant): Uint8Array {
  const { metadata, tensors } = decodeGguf(file);
  const normal = createNormal(7);
  const kept = tensors.flatMap((tensor) => {
    const renamed = withoutLayer(tensor, variant.dropLayer);
    return renamed === null ? [] : [changed(renamed, variant, normal)];
  });
  return encodeGguf(described(metadata, variant), kept);
}

/** How many layers the model has. */
export function layerCount(file: Uint8Array): number {
  const count = decodeGguf(file).metadata['llama.block_count'];
  assert(count?.kind === 'u32', 'a model of the llama architecture');
  return count.value;
}

function withoutLayer(tensor: GgufTensor, dropped: number | undefined): GgufTensor | null {
  const layer = /^blk\.(\d+)\.(.*)$/.exec(tensor.name);
  if (layer === null || dropped === undefined) return tensor;
  const at = Number(layer[1]);
  if (at === dropped) return null;
  return { ...tensor, name: `blk.${at > dropped ? at - 1 : at}.${layer[2]}` };
}

function changed(tensor: GgufTensor, variant: Variant, normal: () => number): GgufTensor {
  if (tensor.dimensions.length < 2) return tensor;
  let { values } = tensor;
  if (variant.drift !== undefined) {
    const power = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const deviation = variant.drift * Math.sqrt(power);
    values = values.map((value) => value + deviation * normal());
  }
  return { ...tensor, values, type: variant.type ?? tensor.type };
}

function described(
  metadata: Readonly<Record<string, GgufValue>>,
  variant: Variant,
): Readonly<Record<string, GgufValue>> {
  const changes: Record<string, GgufValue> = {};
  if (variant.type !== undefined) {
    changes['general.file_type'] = { kind: 'u32', value: FILE_TYPES[variant.type] };
    changes['general.quantization_version'] = { kind: 'u32', value: 2 };
  }
  const layers = metadata['llama.block_count'];
  if (variant.dropLayer !== undefined && layers?.kind === 'u32') {
    changes['llama.block_count'] = { kind: 'u32', value: layers.value - 1 };
  }
  return { ...metadata, ...changes };
}

/** Draws of mean 0 and deviation 1: sums of twelve numbers of a linear congruential generator. */
function createNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += uniform();
    return sum;
  };
}

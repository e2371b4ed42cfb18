/**
 * The five regression workloads that stacks-core publishes state roots for (reference/stacks.md 4.2;
 * stacks-core `index/test/marf_regression.rs`). Used by the vectors and by bench/marf.bench.ts.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';

export type Write = readonly [path: Uint8Array, data: Uint8Array];

export interface Workload {
  readonly name: string;
  readonly blocks: readonly (readonly Write[])[];
  /** Root of the last block, hex. */
  readonly root: string;
}

function leafData(bytes: Uint8Array): Uint8Array {
  const data = new Uint8Array(40);
  data.set(bytes);
  return data;
}

/** `perBlock` writes in each of `blocks` blocks, chained from zeros as the published test does. */
function chained(perBlock: number, blocks: number): Write[][] {
  let last: Uint8Array = new Uint8Array(32);
  return Array.from({ length: blocks }, () =>
    Array.from({ length: perBlock }, () => {
      const key = sha512_256(last);
      const value = sha512_256(key);
      last = value;
      return [sha512_256(bytesFromUtf8(bytesToHex(key))), leafData(value)] as const;
    }),
  );
}

/** One branch that grows from 1 to 256 children, a child per block. */
function expansion(): Write[][] {
  return Array.from({ length: 256 }, (_, i) => {
    const path = new Uint8Array(32);
    path[31] = i;
    const number = new Uint8Array(4);
    new DataView(number.buffer).setUint32(0, i, true);
    return [[path, leafData(number)] as const];
  });
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: '128 x 128',
    blocks: chained(128, 128),
    root: 'a19887150b55ced50245a7c29b037e037dd99234ab9dda4a12c9c48fc698b47d',
  },
  {
    name: '1 x 256',
    blocks: chained(1, 256),
    root: '121bc70a287841705094027210e4fe03a89a9f090d2df80a4a8c1d782623fdf0',
  },
  {
    name: '2048 x 1',
    blocks: chained(2048, 1),
    root: '1db4f6390c21e80600fbbd3f5a6df2875a92aa5680d1448b560356dc6489a805',
  },
  {
    name: '8 x 256',
    blocks: chained(8, 256),
    root: '7f69e13a7ff6911a9fa79b3592c8432536adc30d39accb5a7070eff0cb71beef',
  },
  {
    name: 'expansion of one node',
    blocks: expansion(),
    root: 'aa05b16d1c59a9cb019efeac1276dfdec41f932072d2254d35675c691f79214e',
  },
];

/** Id of the block at a height, as the workloads name it. */
export function blockHash(height: number): Uint8Array {
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setBigUint64(0, BigInt(height));
  return hash;
}

import { describe, expect, it } from 'vitest';
import { chacha20Words, chooseTwo, uniformBelow } from '../src/index.ts';

function littleEndianHex(words: Uint32Array): string {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 16; i++) view.setUint32(4 * i, words[i]!, true);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('RFC 8439 appendix A.1 keystream', () => {
  it('blocks 0 and 1 of the zero key', () => {
    const key = new Uint8Array(32);
    expect(littleEndianHex(chacha20Words(key, 0))).toBe(
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
        'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586',
    );
    expect(littleEndianHex(chacha20Words(key, 1))).toBe(
      '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed' +
        '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
  });
});

describe('SIP-007 draw of two recipients', () => {
  it('rejects the biased tail of the widening multiply', () => {
    // bound 3: zone = (3 << 30) - 1, so products with a low half above it are thrown away.
    const values = [0xffffffff, 0x55555555, 0x00000005];
    let at = 0;
    expect(uniformBelow(3, () => values[at++]!)).toBe(0);
    expect(at).toBe(3);
  });

  it('never draws the same slot twice and covers all slots evenly', () => {
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 7_000; i++) {
      const seed = new Uint8Array(32);
      new DataView(seed.buffer).setUint32(0, i);
      const [a, b] = chooseTwo(seed, 7) as [number, number];
      expect(a).not.toBe(b);
      counts[a]!++;
      counts[b]!++;
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('takes what there is below two slots', () => {
    expect(chooseTwo(new Uint8Array(32), 0)).toEqual([]);
    expect(chooseTwo(new Uint8Array(32), 1)).toEqual([0]);
  });
});

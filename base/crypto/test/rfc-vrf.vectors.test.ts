/** ECVRF-ED25519-SHA512-TAI: the three vectors of the draft as pinned by stacks-core's vrf.rs. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import { vrfKeyFromSeed, vrfProofToHash, vrfProve, vrfVerify } from '../src/index.ts';

const VECTORS = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    proof:
      '9275df67a68c8745c0ff97b48201ee6db447f7c93b23ae24cdc2400f52fdb08a1a6ac7ec71bf9c9c76e96ee4675ebff60625af28718501047bfd87b810c2d2139b73c23bd69de66360953a642c2a330a',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    alpha: '72',
    proof:
      '84a63e74eca8fdd64e9972dcda1c6f33d03ce3cd4d333fd6cc789db12b5a7b9d03f1cb6b2bf7cd81a2a20bacf6e1c04e59f2fa16d9119c73a45a97194b504fb9a5c8cf37f6da85e03368d6882e511008',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    alpha: 'af82',
    proof:
      'aca8ade9b7f03e2b149637629f95654c94fc9053c225ec21e5838f193af2b727b84ad849b0039ad38b41513fe5a66cdd2367737a84b488d62486bd2fb110b4801a46bfca770af98e059158ac563b690f',
  },
] as const;

describe('ECVRF-ED25519-SHA512-TAI, suite 3', () => {
  for (const [i, vector] of VECTORS.entries()) {
    it(`vector ${i + 1}: proves and verifies`, () => {
      const alpha = bytesFromHex(vector.alpha);
      const key = vrfKeyFromSeed(bytesFromHex(vector.seed));
      expect(bytesToHex(key.publicKey)).toBe(vector.publicKey);
      expect(bytesToHex(vrfProve(key.privateKey, alpha))).toBe(vector.proof);
      expect(vrfVerify(key.publicKey, bytesFromHex(vector.proof), alpha)).toBe(true);
      expect(vrfProofToHash(bytesFromHex(vector.proof))?.length).toBe(64);
    });

    it(`vector ${i + 1}: any flipped bit makes it false`, () => {
      const alpha = bytesFromHex(vector.alpha);
      const publicKey = bytesFromHex(vector.publicKey);
      for (const at of [0, 31, 32, 47, 48, 79]) {
        const proof = bytesFromHex(vector.proof);
        proof[at]! ^= 1;
        expect(vrfVerify(publicKey, proof, alpha)).toBe(false);
      }
      expect(vrfVerify(publicKey, bytesFromHex(vector.proof), Uint8Array.of(1, 2, 3))).toBe(false);
      expect(vrfVerify(publicKey, bytesFromHex(vector.proof).subarray(1), alpha)).toBe(false);
    });
  }

  it('rejects a proof whose s is not reduced (malleability)', () => {
    const { publicKey, proof, alpha } = VECTORS[0];
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const bytes = bytesFromHex(proof);
    let s = 0n;
    for (let i = 79; i >= 48; i--) s = (s << 8n) | BigInt(bytes[i]!);
    s += order;
    for (let i = 48; i < 80; i++) {
      bytes[i] = Number(s & 255n);
      s >>= 8n;
    }
    expect(vrfVerify(bytesFromHex(publicKey), bytes, bytesFromHex(alpha))).toBe(false);
  });

  it('rejects a small-order Gamma and keys that are no point', () => {
    const { publicKey, proof } = VECTORS[0];
    const small = bytesFromHex(proof);
    small.fill(0, 0, 32);
    small[0] = 1;
    expect(vrfVerify(bytesFromHex(publicKey), small, new Uint8Array(0))).toBe(false);
    expect(vrfVerify(new Uint8Array(32).fill(0xff), bytesFromHex(proof), new Uint8Array(0))).toBe(
      false,
    );
  });
});

/** Output descriptors: the checksum vectors of BIP380 and the forms bitcoind's wallet takes. */
import { formatAddress, formatWif } from '@assay/bitcoin';
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import { descriptorChecksum, parseDescriptor } from '../src/index.ts';
import { testKey } from './spender.ts';

describe('BIP380 checksum', () => {
  it.each([
    ['raw(deadbeef)#89f8spxm', true],
    ['raw(deadbeef)', true],
    ['raw(deadbeef)#', false],
    ['raw(deadbeef)#89f8spxmx', false],
    ['raw(deadbeef)#89f8spx', false],
    ['raw(dedbeef)#89f8spxm', false],
    ['raw(deadbeef)##9f8spxm', false],
    ['raw(Ü)#00000000', false],
  ])('%s', (text, isValid) => {
    expect(parseDescriptor(text).ok).toBe(isValid);
  });

  it('is required where asked', () => {
    const parsed = parseDescriptor('raw(deadbeef)', true);
    expect(parsed).toEqual({ ok: false, error: 'Missing checksum' });
    expect(descriptorChecksum('raw(deadbeef)')).toBe('89f8spxm');
  });
});

describe('BIP381 to BIP386 forms', () => {
  const script = (text: string) => {
    const parsed = parseDescriptor(text);
    return parsed.ok ? parsed.value.scripts.map(bytesToHex) : parsed.error;
  };
  const key = 'L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1';
  const publicKey = '03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd';

  it('keys (BIP381, BIP382 vectors)', () => {
    expect(script(`pk(${publicKey})`)).toEqual([`21${publicKey}ac`]);
    expect(script(`pkh([deadbeef/1/2'/3/4']${publicKey})`)).toEqual([
      '76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac',
    ]);
    expect(script(`wpkh(${publicKey})`)).toEqual(['00149a1c78a507689f6f54b847ad1cef1e614ee23f1e']);
    expect(script(`sh(wpkh(${publicKey}))`)).toEqual([
      'a91484ab21b1b2fd065d4504ff693d832434b6108d7b87',
    ]);
    expect(script(`combo(${publicKey})`)).toHaveLength(4);
    // A mainnet key is no key here.
    expect(script(`pk(${key})`)).toContain('is not valid');
  });

  it('private keys stay out of the public form', () => {
    const { privateKey } = testKey(1);
    const wif = formatWif({ privateKey, compressed: true }, 'regtest');
    const parsed = parseDescriptor(`wpkh(${wif})`);
    expect(parsed.ok && parsed.value.text).toBe(
      `wpkh(${bytesToHex(testKey(1).publicKey)})#${descriptorChecksum(
        `wpkh(${bytesToHex(testKey(1).publicKey)})`,
      )}`,
    );
    expect(parsed.ok && parsed.value.keys[0]?.privateKey).toEqual(privateKey);
  });

  it('multisig and addresses', () => {
    const other = bytesToHex(testKey(1).publicKey);
    const [sorted] = script(`sortedmulti(1,${publicKey},${other})`) as string[];
    expect(script(`sortedmulti(1,${other},${publicKey})`)).toEqual([sorted]);
    const [wrapped] = script(`wsh(multi(2,${publicKey},${other}))`) as string[];
    const address = formatAddress(bytesFromHex(wrapped!), 'regtest')!;
    expect(script(`addr(${address})`)).toEqual([wrapped]);
  });

  it.each([
    'wsh(wpkh(X))',
    'sh(sh(pkh(X)))',
    'wsh(sh(pkh(X)))',
    'sh(addr(x))',
    'multi(3,X)',
    'pkh(xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL/0/*)',
    'tr(X)',
    'nonsense',
    'pk()',
  ])('refuses %s', (text) => {
    expect(parseDescriptor(text.replaceAll('X', publicKey)).ok).toBe(false);
  });
});

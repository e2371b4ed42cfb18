/** The genesis file: what it may say, and a sentence for everything it may not. */
import { bytesToHex } from '@assay/bytes';
import { clarityValueToString } from '@assay/clarity-value';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genesisNetwork, parseGenesis } from '../src/index.ts';
import { ALICE, BOB, BOOT, genesisText, SIGNERS, TestChain } from './network.ts';

const key = bytesToHex(SIGNERS[0]!.publicKey);

function messageOf(extra: Record<string, unknown>): string {
  const parsed = parseGenesis(genesisText(extra));
  return parsed.ok ? 'fine' : parsed.error.message;
}

describe('genesis', () => {
  it('takes the network’s own values where the file is silent', () => {
    const parsed = parseGenesis(
      JSON.stringify({ network: 'devnet', signers: [{ publicKey: key, weight: 1 }] }),
    );
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.value).toMatchObject({ chainId: 0x80000000, epoch: '3.4', balances: [] });
    expect(genesisNetwork(parsed.value).pox.rewardCycleLength).toBe(20);
  });

  it('depends on content, not on formatting or the order of signers', () => {
    const id = (text: string) => {
      const parsed = parseGenesis(text);
      if (!parsed.ok) throw new Error();
      return JSON.stringify(parsed.value, (_, v) => (typeof v === 'bigint' ? `${v}` : v));
    };
    const pretty = JSON.stringify(JSON.parse(genesisText()), null, 4);
    expect(id(pretty)).toBe(id(genesisText()));
    const reversed = JSON.parse(genesisText());
    reversed.signers.reverse();
    expect(id(JSON.stringify(reversed))).toBe(id(genesisText()));
  });

  it.each([
    [{ network: 'moon' }, 'genesis.network is moon'],
    [{ chainid: 1 }, 'genesis.chainid has no meaning'],
    [{ epoch: '4.0' }, 'genesis.epoch must be 3.4'],
    [{ signers: [] }, 'genesis.signers is empty'],
    [
      { signers: [{ publicKey: '02', weight: 1 }] },
      'genesis.signers[0].publicKey is "02"; expected 33 bytes',
    ],
    [{ signers: [{ publicKey: `02${'ff'.repeat(32)}`, weight: 1 }] }, 'is not a public key'],
    [{ signers: [{ publicKey: key, weight: 0 }] }, 'genesis.signers[0].weight'],
    [
      {
        signers: [
          { publicKey: key, weight: 1 },
          { publicKey: key, weight: 1 },
        ],
      },
      'a key twice',
    ],
    [{ balances: [{ address: 'nobody', amountMicro: 1 }] }, 'genesis.balances[0].address'],
    [
      { balances: [{ address: 'SP000000000000000000002Q6VF78', amountMicro: 1 }] },
      'another network',
    ],
    [{ balances: [{ address: ALICE.address, amountMicro: 1.5 }] }, 'expected a whole number'],
    [{ balances: [{ address: ALICE.address, amountMicro: -1 }] }, 'expected a whole number'],
    [{ balances: [1, 2].map(() => ({ address: ALICE.address, amountMicro: 1 })) }, 'twice'],
    [{ balances: 7 }, 'expected a list'],
    [{ pox: { prepareLength: 50 } }, 'prepareLength must be below'],
    [{ models: [{ manifestHash: '00', name: 'x', uri: 'y' }] }, 'genesis.models[0].manifestHash'],
  ] as const)('refuses %j', (extra, expected) => {
    expect(messageOf(extra)).toContain(expected);
  });

  it('refuses text that is not JSON', () => {
    const parsed = parseGenesis('{"network":');
    expect(!parsed.ok && parsed.error.message).toContain('not JSON');
  });

  it('answers every file, never throws', () => {
    const names = ['network', 'chainId', 'pox', 'balances', 'signers', 'models', 'hosts', 'x'];
    const file = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...names), fc.jsonValue())
        .map((fields) => JSON.stringify({ ...JSON.parse(genesisText()), ...fields })),
    );
    fc.assert(
      fc.property(file, (text) => {
        const parsed = parseGenesis(text);
        if (!parsed.ok) expect(parsed.error.message.length).toBeLessThan(300);
      }),
      { numRuns: 500 },
    );
  });

  it('names governor and treasury, or nobody', () => {
    const governance = (extra: Record<string, unknown>) => {
      const chain = new TestChain({ genesis: extra });
      const state = chain.chain.view(chain.tip.blockId);
      return ['governor', 'treasury'].map((name) => {
        const value = state.dataVar(`${BOOT}.governance`, name);
        return value === null ? '' : clarityValueToString(value);
      });
    };
    expect(governance({})).toEqual([BOOT, 'none']);
    const named = governance({ governor: ALICE.address, treasury: BOB.address });
    expect(named).toEqual([ALICE.address, `(some ${BOB.address})`]);
    expect(messageOf({ governor: 'nobody' })).toContain('governor');
  });

  it('says which registration of a genesis cannot happen', () => {
    const host = JSON.parse(genesisText()).hosts[0];
    expect(() => new TestChain({ genesis: { hosts: [{ ...host, bondMicro: 5 }] } })).toThrow(
      /genesis: .* cannot register with .*\.hosts: \(err u210\)/,
    );
  });
});

/** The end of a session claim: released with the judges' words, or lapsed without them. */
import {
  type ClaimVerdict,
  type ClaimVerdictEntry,
  claimHash,
  signClaimVerdict,
} from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { addressOfPublicKey, DEVNET_IDS } from '@assay/wallet';
import { decodeTransaction } from '@assay/wire';
import { nodeWorld } from '@assay/world/node';
import { describe, expect, it } from 'vitest';
import { SessionBook, SessionClaims } from '../src/index.ts';
import type { ClaimRecord } from '../src/session-port.ts';
import { FakeChain } from './fake-chain.ts';
import { allLines, CHAIN_ID, HOST_KEY, HOST_PUBLIC, SessionScene } from './session-scene.ts';

/** A host that is owed for one answer; the chain's word on its claim can be set. */
async function owed() {
  const scene = new SessionScene(nodeWorld());
  await allLines(await scene.post({ maxTokens: 5 }));
  await scene.pay(1_000n, 1n);
  const sent: { readonly name: string; readonly indexes: readonly number[] }[] = [];
  const chain = new FakeChain(HOST_PUBLIC);
  chain.broadcast = async (bytes) => {
    const tx = decodeTransaction(bytes);
    const payload = tx.ok ? tx.value.payload : null;
    if (payload?.kind !== 'contract-call') throw new Error('not a call');
    const list = payload.args[1];
    const verdicts = list?.type === 'list' ? list.items : [];
    const indexes = verdicts.map((item) => {
      const index = item.type === 'tuple' ? item.entries.get('index') : undefined;
      return index?.type === 'uint' ? Number(index.value) : -1;
    });
    sent.push({ name: payload.functionName, indexes });
    return null;
  };
  const said = new Map<number, ClaimVerdictEntry[]>();
  chain.verdicts = async () =>
    new Map(
      [...said].map(([index, claims]) => [
        index,
        { sealKey: null, entries: [], claims, disputes: [] },
      ]),
    );
  let record: ClaimRecord | null = null;
  let burnHeight = 100;
  const book = new SessionBook(scene.store);
  const sessions = {
    session: async () => scene.terms,
    recentBurnHashes: async () => [],
    burnHeight: async () => burnHeight,
    claim: async () => record,
  };
  const claims = new SessionClaims(
    { world: scene.world, chain, sessions, book, log: silentLogger },
    {
      network: DEVNET_IDS,
      contract: 'ST000000000000000000002AMW42H.sessions',
      address: addressOfPublicKey(HOST_PUBLIC, DEVNET_IDS),
      accountKey: { privateKey: HOST_KEY, compressed: true },
      feeMicro: 1_000n,
      everyMs: 0,
    },
  );
  await claims.look();
  const hash = book.claimOf(1n, 1n)!.claim;
  return {
    claims,
    sent,
    hash,
    pend: (judges: readonly number[] | null, lapsesAt = 200) => {
      record = { sessionId: 1n, isPending: true, cycle: 4, lapsesAt, judges };
    },
    mine: (height: number) => {
      burnHeight = height;
    },
    /** Signer `index` says this; signed by signer `by`. */
    say: (claimHash: Uint8Array, index: number, verdict: ClaimVerdict['verdict'], by = index) => {
      const entry = { claimHash, verdict };
      const signature = signClaimVerdict(entry, CHAIN_ID, chain.signerKeys[by]!);
      said.set(index, [{ ...entry, signature }]);
    },
  };
}

describe('a claim under audit', () => {
  it('is released when all drawn judges call it valid', async () => {
    const { claims, sent, hash, say, pend } = await owed();
    expect(sent.map(({ name }) => name)).toEqual(['claim']);
    pend([0, 2]);
    say(claimHash(hash), 0, 'valid');
    await claims.look();
    expect(sent).toHaveLength(1);
    say(claimHash(hash), 2, 'valid');
    await claims.look();
    expect(sent.slice(1)).toEqual([{ name: 'release', indexes: [0, 2] }]);
  });

  it('is released by 70 % of weight, whoever was drawn', async () => {
    const { claims, sent, hash, say, pend } = await owed();
    pend([3]);
    for (const index of [0, 1, 2]) say(claimHash(hash), index, 'valid');
    await claims.look();
    expect(sent.slice(1)).toEqual([{ name: 'release', indexes: [0, 1, 2] }]);
  });

  it.each(['invalid', 'withheld'] as const)(
    'is not released with a word of %s',
    async (verdict) => {
      const { claims, sent, hash, say, pend } = await owed();
      pend([0, 1]);
      say(claimHash(hash), 0, 'valid');
      say(claimHash(hash), 1, verdict);
      await claims.look();
      expect(sent).toHaveLength(1);
    },
  );

  it('is not released with a word that another signer signed', async () => {
    const { claims, sent, hash, say, pend } = await owed();
    pend([0]);
    say(claimHash(hash), 0, 'valid', 1);
    await claims.look();
    expect(sent).toHaveLength(1);
  });

  it('lapses when its window has passed', async () => {
    const { claims, sent, pend, mine } = await owed();
    pend([0], 200);
    mine(201);
    await claims.look();
    expect(sent.slice(1)).toEqual([{ name: 'lapse', indexes: [] }]);
  });
});

/**
 * The second opinion (verification.md 5.6.4): a judge that showed its work and calls an answer false takes
 * our evidence off the table's monitor; one that did no work, or speaks before we did, does not.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  blindOf,
  encodeOpening,
  encodeVerdictChunk,
  signVerdict,
  type VerdictEntry,
} from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import { signChunk } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/ledger.ts';
import { PeerWatch } from '../src/peer-watch.ts';
import type { NodePort, Scoring } from '../src/ports.ts';

const CHAIN_ID = 0x80000000;
const key = (name: string) => sha256(bytesFromUtf8(name));
const OWN = publicKeyFromPrivate(key('own'));
const PEER = key('peer');
const ANSWER = sha256(bytesFromUtf8('answer'));
const SKETCH = new Uint8Array(10).fill(3);

const OPENING = encodeOpening({
  commitmentHash: ANSWER,
  publicKey: publicKeyFromPrivate(PEER),
  salt: new Uint8Array(32).fill(1),
  sketch: SKETCH,
});

function build({ isForeign = false } = {}) {
  const confirmed: Uint8Array[] = [];
  const ledger = new Ledger(new MemoryStore());
  const node = { content: async () => OPENING } as unknown as NodePort;
  const judge = { confirm: (hash: Uint8Array) => void confirmed.push(hash) };
  const watch = new PeerWatch({ node, ledger, judge, log: silentLogger }, OWN);
  const scoring = { isForeign: () => isForeign } as unknown as Scoring;
  const executor = { principal: null, hostKey: OWN, endpoint: null };
  watch.remember(ANSWER, { scoring, scope: null, executor });
  const say = (verdict: 'valid' | 'invalid') => {
    const said = { commitmentHash: ANSWER, requestId: 1n, verdict };
    const signature = signVerdict(said, CHAIN_ID, PEER);
    speak({ ...said, signature, blind: blindOf(OPENING) });
  };
  let version = 0;
  const speak = (entry: VerdictEntry) => {
    const data = encodeVerdictChunk({ sealKey: null, entries: [entry], claims: [], disputes: [] });
    version += 1;
    watch.onVerdictChunk(signChunk({ slotId: 1, slotVersion: version, data }, PEER));
  };
  const abstain = () =>
    ledger.recordVerdict({
      verdict: 'abstain',
      requestId: 1n,
      commitmentHash: ANSWER,
      reason: 'verify/suspect',
    });
  return { watch, confirmed, say, abstain };
}

describe('a verdict of another judge', () => {
  it('that worked and says invalid confirms our evidence', async () => {
    const { watch, confirmed, say, abstain } = build();
    abstain();
    say('invalid');
    await watch.compare();
    await watch.compare();
    expect(confirmed).toEqual([ANSWER]);
  });

  it('waits for our own', async () => {
    const { watch, confirmed, say, abstain } = build();
    say('invalid');
    await watch.compare();
    expect(confirmed).toEqual([]);
    abstain();
    await watch.compare();
    expect(confirmed).toEqual([ANSWER]);
  });

  it.each([
    ['says valid', 'valid', false],
    ['did not run the model', 'invalid', true],
  ] as const)('that %s confirms nothing', async (_what, verdict, isForeign) => {
    const { watch, confirmed, say, abstain } = build({ isForeign });
    abstain();
    say(verdict);
    await watch.compare();
    expect(confirmed).toEqual([]);
  });
});

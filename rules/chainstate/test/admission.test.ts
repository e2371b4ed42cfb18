/** Stacks' reasons of `POST /v2/transactions`, one test per reason (reference/stacks-clients.md 3). */
import { Cv } from '@assay/clarity-value';
import { encodeTransaction, type Transaction, type TransactionPayload } from '@assay/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALICE,
  account,
  BOB,
  BOOT,
  call,
  deploy,
  hashOf,
  MODEL,
  START,
  TestChain,
  type TxOptions,
  text,
  transfer,
} from './network.ts';

const chain = new TestChain();
chain.tenure();
const view = chain.chain.view(chain.tip.blockId);
const ID = `${ALICE.address}.known`;
chain.mine(
  chain.sign(
    ALICE,
    deploy(
      'known',
      '(define-public (f (n uint) (t (optional (buff 2)))) (ok n)) (define-private (g) u1)',
    ),
  ),
);

function judge(payload: TransactionPayload, options: TxOptions = {}, who = BOB) {
  const tip = chain.chain.view(chain.tip.blockId);
  const verdict = chain.chain.admitTransaction(chain.check(chain.sign(who, payload, options)), tip);
  return verdict.ok ? { reason: 'fine', reasonData: null, message: '' } : verdict.error;
}

function static_(change: (tx: Transaction) => Transaction) {
  const tx = change(chain.sign(BOB, transfer(ALICE.address, 1n)));
  const verdict = chain.chain.checkTransaction(encodeTransaction(tx));
  return verdict.ok ? 'fine' : verdict.error.reason;
}

const infer = (changes: object = {}): TransactionPayload => ({
  kind: 'infer',
  privacy: 'public',
  modelId: MODEL,
  host: null,
  prompt: { kind: 'inline', blob: new Uint8Array([0, 0, ...text('hi')]) },
  temperatureMicro: 0,
  topPMicro: 1_000_000,
  topK: 1,
  maxTokens: 8,
  maxFeeMicro: 1_000n,
  deadlineBurnBlocks: 5,
  clientNonce: new Uint8Array(16),
  ...changes,
});

describe('static checks', () => {
  it('knows its network and signatures', () => {
    expect(static_((tx) => tx)).toBe('fine');
    expect(static_((tx) => ({ ...tx, version: 0x00 }))).toBe('BadTransactionVersion');
    expect(static_((tx) => ({ ...tx, chainId: 1 }))).toBe('SignatureValidation');
    expect(static_((tx) => ({ ...tx, payload: transfer(ALICE.address, 2n) }))).toBe(
      'SignatureValidation',
    );
    const garbage = chain.chain.checkTransaction(new Uint8Array(200));
    expect(!garbage.ok && garbage.error.reason).toBe('Deserialization');
  });
});

it('answers any bytes, and every changed byte of a good transaction, without throwing', () => {
  const good = encodeTransaction(chain.sign(BOB, transfer(ALICE.address, 1n)));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = good.slice();
      bytes[at]! ^= flip;
      expect(chain.chain.checkTransaction(bytes).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(chain.chain.checkTransaction(bytes).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

describe('admission', () => {
  it('takes what can be mined', () => {
    expect(judge(transfer(ALICE.address, 1n)).reason).toBe('fine');
    expect(judge(transfer(ALICE.address, 1n), { nonce: 3n }).reason).toBe('fine');
    expect(judge(call(ID, 'f', [Cv.uint(1), Cv.none()])).reason).toBe('fine');
    expect(judge(deploy('fresh', '(define-data-var v uint u0)')).reason).toBe('fine');
    expect(judge(infer()).reason).toBe('fine');
    expect(view.header.height).toBe(1);
  });

  it("takes the guide's Infer with its fee of 206", () => {
    const blob = new Uint8Array([0, 0, ...text('Is the Earth round?')]);
    const conditions = [{ kind: 'stx', principal: 'origin', code: 'le', amount: 1_000n }] as const;
    const asked = (fee: bigint) =>
      judge(infer({ prompt: { kind: 'inline', blob } }), { fee, conditions, mode: 'deny' }).reason;
    expect(asked(206n)).toBe('fine');
    expect(asked(190n)).toBe('FeeTooLow');
  });

  it('FeeTooLow with what is asked', () => {
    expect(judge(transfer(ALICE.address, 1n), { fee: 179n })).toMatchObject({
      reason: 'FeeTooLow',
      reasonData: { expected: 180, actual: 179 },
    });
  });

  it('BadNonce and TooMuchChaining with the account', () => {
    expect(judge(transfer(BOB.address, 1n), { nonce: 0n }, ALICE)).toMatchObject({
      reason: 'BadNonce',
      reasonData: { expected: 1, actual: 0, is_origin: true, principal: ALICE.address },
    });
    // stacks-core: the account's nonce, plus one, plus MAXIMUM_MEMPOOL_TX_CHAINING.
    expect(judge(transfer(ALICE.address, 1n), { nonce: 26n }).reason).toBe('fine');
    expect(judge(transfer(ALICE.address, 1n), { nonce: 27n })).toMatchObject({
      reason: 'TooMuchChaining',
      reasonData: { expected: 26, actual: 27 },
    });
    const sponsored = { sponsor: ALICE, sponsorNonce: 0n };
    expect(judge(transfer(ALICE.address, 1n), sponsored)).toMatchObject({
      reason: 'BadNonce',
      reasonData: { is_origin: false, principal: ALICE.address },
    });
  });

  it('NotEnoughFunds in hex', () => {
    const hex = (n: bigint) => `0x${n.toString(16).padStart(32, '0')}`;
    expect(judge(transfer(ALICE.address, START), { fee: 500n })).toMatchObject({
      reason: 'NotEnoughFunds',
      reasonData: { expected: hex(START + 500n), actual: hex(START) },
    });
    // A transfer asks for amount and fee together, other payloads for the fee first.
    expect(judge(transfer(ALICE.address, 7n), { fee: 500n }, account('poor'))).toMatchObject({
      reason: 'NotEnoughFunds',
      reasonData: { expected: hex(507n), actual: hex(0n) },
    });
    expect(judge(call(ID, 'f', []), { fee: 500n }, account('poor'))).toMatchObject({
      reason: 'NotEnoughFunds',
      reasonData: { expected: hex(500n), actual: hex(0n) },
    });
    expect(judge(infer({ maxFeeMicro: START })).reason).toBe('NotEnoughFunds');
  });

  it('transfers: recipient, amount, network', () => {
    expect(judge(transfer(BOB.address, 1n))).toMatchObject({
      reason: 'TransferRecipientCannotEqualSender',
      reasonData: { recipient: BOB.address },
    });
    expect(judge(transfer(ALICE.address, 0n)).reason).toBe('TransferAmountMustBePositive');
    expect(judge(transfer(ALICE.address, 0n), { fee: 1n }).reason).toBe(
      'TransferAmountMustBePositive',
    );
    expect(judge(transfer('SP000000000000000000002Q6VF78', 1n)).reason).toBe(
      'BadAddressVersionByte',
    );
  });

  it('calls: contract, function, arguments', () => {
    expect(judge(call(`${ALICE.address}.unknown`, 'f', [])).reason).toBe('NoSuchContract');
    expect(judge(call(ID, 'h', [])).reason).toBe('NoSuchPublicFunction');
    expect(judge(call(ID, 'g', [])).reason).toBe('NoSuchPublicFunction');
    for (const args of [
      [],
      [Cv.int(1), Cv.none()],
      [Cv.uint(1), Cv.some(Cv.buffer(new Uint8Array(3)))],
    ]) {
      expect(judge(call(ID, 'f', args)).reason).toBe('BadFunctionArgument');
    }
  });

  it('ContractAlreadyExists names it', () => {
    expect(judge(deploy('known', 'u1'), {}, ALICE)).toMatchObject({
      reason: 'ContractAlreadyExists',
      reasonData: { contract_identifier: ID },
    });
  });

  it('leaves tenures and coinbases to miners', () => {
    const [change, coinbase] = chain.tenureTransactions(chain.burnView(102), chain.tip);
    const tip = chain.chain.view(chain.tip.blockId);
    const reasons = [change!, coinbase!].map((tx) => {
      const verdict = chain.chain.admitTransaction(chain.check(tx), tip);
      return verdict.ok ? 'fine' : verdict.error.reason;
    });
    expect(reasons).toEqual(['NoTenureChangeViaMempool', 'NoCoinbaseViaMempool']);
  });

  it('tells a user of Infer what is wrong', () => {
    expect(judge(infer({ modelId: hashOf('x') }))).toMatchObject({
      reason: 'BadFunctionArgument',
      message: 'no model is registered under this id',
    });
    const host = { version: 26, hash: new Uint8Array(20) };
    expect(judge(infer({ host })).message).toBe('the named host does not serve this model');
    expect(judge(call(`${BOOT}.beacon`, 'set-beacon', [])).reason).toBe('NoSuchPublicFunction');
  });
});

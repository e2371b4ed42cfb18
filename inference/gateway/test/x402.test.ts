/** x402 version 2: callers without an account pay per request, once, and only for their own. */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import {
  addressOfPublicKey,
  buildContractCall,
  buildTransfer,
  DEVNET_IDS,
  publicKeyOf,
  signTransaction,
} from '@assay/wallet';
import { encodeTransaction } from '@assay/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, makeKey } from '../src/index.ts';
import { CHAIN_ID, MODEL, Scene } from './scene.ts';

const PAY_TO = 'ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND';
const TOKEN = 'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0.some-token';
const CALLER = { privateKey: sha256(bytesFromUtf8('caller')), compressed: true };

let scene: Scene;
let gateway: Gateway;

beforeAll(async () => {
  scene = await Scene.start();
  const tokens = [{ contract: TOKEN, microStxPerMillion: 250_000n }];
  gateway = await scene.addGateway({ payTo: PAY_TO, tokens });
});
afterAll(() => scene.stop());

const decode = (header: string | null) =>
  JSON.parse(utf8FromBytes(Uint8Array.from(atob(header!), (one) => one.charCodeAt(0)))!);

let nonce = 0n;

function payment(of: {
  readonly amount: string;
  readonly memo: string;
  readonly payTo: string;
  readonly change?: (hex: string) => string;
}): string {
  const built = buildTransfer({
    network: { ...DEVNET_IDS, chainId: CHAIN_ID },
    origin: { publicKey: publicKeyOf(CALLER) },
    nonce: nonce++,
    feeMicro: 200n,
    recipient: of.payTo,
    amountMicro: BigInt(of.amount),
    memo: bytesFromHex(of.memo),
  });
  if (!built.ok) throw new Error(built.error.message);
  const signed = signTransaction(built.value, CALLER);
  if (!signed.ok) throw new Error(signed.error.message);
  const hex = bytesToHex(encodeTransaction(signed.value));
  const transaction = of.change?.(hex) ?? hex;
  return btoa(JSON.stringify({ x402Version: 2, payload: { transaction } }));
}

function ask(body: string, headers: Record<string, string> = {}) {
  return fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

const question = (content: string) =>
  JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }], max_tokens: 4 });

async function required(body: string) {
  const answer = await ask(body);
  expect(answer.status).toBe(402);
  const { accepts, x402Version } = decode(answer.headers.get('payment-required'));
  expect(x402Version).toBe(2);
  const [wanted] = accepts;
  expect(wanted).toMatchObject({ scheme: 'exact', network: `stacks:${CHAIN_ID}`, payTo: PAY_TO });
  return { amount: wanted.amount, memo: wanted.extra.memo, payTo: wanted.payTo };
}

describe('x402', () => {
  it('asks for payment, takes it, answers, and gives the change as a key', async () => {
    const body = question('Pay as you go.');
    const paid = payment(await required(body));
    const answer = await ask(body, { 'payment-signature': paid });
    expect(answer.status).toBe(200);
    const response = decode(answer.headers.get('payment-response'));
    expect(response).toMatchObject({ success: true, network: `stacks:${CHAIN_ID}` });
    const { usage } = (await answer.json()) as { usage: { cost_micro_stx: string } };
    const key = (await scene.ledger.keys()).find(({ name }) => name.startsWith('x402'))!;
    expect(key.spentMicro).toBe(BigInt(usage.cost_micro_stx));
    expect(key.capMicro).toBe(BigInt(response.amount));
    // What is left of it pays for a smaller question.
    const { extensions } = response;
    const small = JSON.stringify({
      model: MODEL,
      messages: [{ role: 'user', content: '' }],
      max_tokens: 1,
    });
    const again = await ask(small, { authorization: `Bearer ${extensions.credit.key}` });
    expect([200, 429]).toContain(again.status);
  });

  it('a payment serves once, however often it is sent', async () => {
    const body = question('Once.');
    const paid = payment(await required(body));
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask(body, { 'payment-signature': paid })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 402, 402]);
  });

  it.each([
    ['for another request', (wanted) => ({ ...wanted, memo: 'aa'.repeat(32) })],
    [
      'to somebody else',
      (wanted) => ({ ...wanted, payTo: 'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0' }),
    ],
    ['of too little', (wanted) => ({ ...wanted, amount: String(Number(wanted.amount) - 1) })],
    ['with a broken signature', (wanted) => ({ ...wanted, change: breakSignature })],
    ['that is none', (wanted) => ({ ...wanted, change: () => 'zz' })],
  ] satisfies [string, (wanted: Wanted) => Parameters<typeof payment>[0]][])(
    'a payment %s is refused, and costs nothing',
    async (_what, change) => {
      const body = question('Refused.');
      const sent = scene.chain.sent.length;
      const paid = payment(change(await required(body)));
      const answer = await ask(body, { 'payment-signature': paid });
      expect(answer.status).toBe(402);
      expect(((await answer.json()) as { error: { code: string } }).error.code).toBe(
        'payment_required',
      );
      expect(scene.chain.sent).toHaveLength(sent);
    },
  );

  describe('in a SIP-010 token', () => {
    const call = (wanted: Wanted, change: Partial<TokenCall> = {}) =>
      tokenPayment({ contract: TOKEN, functionName: 'transfer', ...wanted, ...change });

    async function wantedToken(body: string): Promise<Wanted> {
      const answer = await ask(body);
      const { accepts } = decode(answer.headers.get('payment-required'));
      expect(accepts.map(({ asset }: { asset: string }) => asset)).toEqual(['STX', TOKEN]);
      // A unit counts for a quarter of a micro-STX.
      expect(accepts[1].amount).toBe(String(4n * BigInt(accepts[0].amount)));
      const { amount, extra, payTo } = accepts[1];
      return { amount, memo: extra.memo, payTo };
    }

    it('pays for a request, and for the key that is left', async () => {
      const body = question('In tokens.');
      const wanted = await wantedToken(body);
      const answer = await ask(body, { 'payment-signature': call(wanted) });
      expect(answer.status).toBe(200);
      const { amount, extensions } = decode(answer.headers.get('payment-response'));
      expect(amount).toBe(wanted.amount);
      expect(extensions.credit.capMicroStx).toBe(String(BigInt(wanted.amount) / 4n));
    });

    it.each([
      ['of another token', { contract: `${TOKEN}-2` }],
      ['of another function', { functionName: 'mint' }],
      ['to somebody else', { payTo: 'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0' }],
      ['from somebody else', { sender: 'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0' }],
      ['for another request', { memo: 'aa'.repeat(32) }],
      ['of too little', { amount: '7' }],
      ['that a post-condition may undo', { postConditionMode: 'deny' as const }],
    ])('a call %s is refused, and not sent', async (_what, change) => {
      const body = question('Refused tokens.');
      const paid = call(await wantedToken(body), change);
      const before = scene.chain.strangers;
      expect((await ask(body, { 'payment-signature': paid })).status).toBe(402);
      expect(scene.chain.strangers).toBe(before);
    });
  });

  it('a key still works, and a wrong one is no payment', async () => {
    const { secret, key } = makeKey(scene.world, { name: 'with a key' });
    await scene.ledger.createKey(key);
    const body = question('By key.');
    expect((await ask(body, { authorization: `Bearer ${secret}` })).status).toBe(200);
    expect((await ask(body, { authorization: 'Bearer sk-wrong' })).status).toBe(401);
  });
});

interface TokenCall {
  readonly contract: string;
  readonly functionName: string;
  readonly amount: string;
  readonly sender?: string;
  readonly payTo: string;
  readonly memo: string;
  readonly postConditionMode?: 'allow' | 'deny';
}

function tokenPayment(of: TokenCall): string {
  const network = { ...DEVNET_IDS, chainId: CHAIN_ID };
  const publicKey = publicKeyOf(CALLER);
  const built = buildContractCall({
    network,
    origin: { publicKey },
    nonce: nonce++,
    feeMicro: 200n,
    contract: of.contract,
    functionName: of.functionName,
    args: [
      Cv.uint(BigInt(of.amount)),
      Cv.principal(of.sender ?? addressOfPublicKey(publicKey, network)),
      Cv.principal(of.payTo),
      Cv.some(Cv.buffer(bytesFromHex(of.memo))),
    ],
    postConditionMode: of.postConditionMode ?? 'allow',
  });
  if (!built.ok) throw new Error(built.error.message);
  const signed = signTransaction(built.value, CALLER);
  if (!signed.ok) throw new Error(signed.error.message);
  const transaction = bytesToHex(encodeTransaction(signed.value));
  return btoa(JSON.stringify({ x402Version: 2, payload: { transaction } }));
}

interface Wanted {
  readonly amount: string;
  readonly memo: string;
  readonly payTo: string;
}

/** Flips a bit in the signature of the spending condition. */
function breakSignature(hex: string): string {
  const at = 2 * 60;
  return `${hex.slice(0, at)}${hex[at] === '0' ? '1' : '0'}${hex.slice(at + 1)}`;
}

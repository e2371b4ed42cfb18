/** `examples/question-market.clar`: a contract asks a model and acts on the verified answer. */
import { Cl, type ClarityValue } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';
import source from '../examples/question-market.clar';
import { ask, fieldsOf, send, shown } from './scene.ts';
import {
  commitmentFor,
  DEPLOYER,
  expire,
  HOST,
  INFERENCE,
  MODEL,
  network,
  openRequest,
  type Party,
  party,
  reject,
  type Simnet,
  START_BALANCE,
  settle,
  sha256,
  stxOf,
  USER,
} from './simnet.ts';

const MARKET = `${DEPLOYER.address}.question-market`;
const OTHER = party('another bettor');
const FEE = 50_000n;
const utf8 = (text: string) => new TextEncoder().encode(text);
const QUESTION = utf8('Is the Earth round? Answer yes or no.');

let simnet: Simnet;
beforeEach(() => {
  simnet = network();
  simnet.mintSTX(OTHER.address, START_BALANCE);
  // On a network the protocol stands under the boot address; here the deployer plays it.
  const text = source.replaceAll("'ST000000000000000000002AMW42H.", '.');
  simnet.deployContract('question-market', text, { clarityVersion: 3 }, DEPLOYER.address);
});

const market = (fn: string, args: ClarityValue[], who: Party = USER): string =>
  shown(send(simnet, MARKET, fn, args, who));
const create = () =>
  market('create', [Cl.buffer(MODEL), Cl.buffer(QUESTION), Cl.uint(FEE), Cl.uint(5)]);
const bet = (isYes: boolean, amount: number, who: Party) =>
  market('bet', [Cl.uint(1), Cl.bool(isYes), Cl.uint(amount)], who);
const asks = () => market('ask', [Cl.uint(1)]);
const resolveWith = (text: string) => market('resolve', [Cl.uint(1), Cl.buffer(utf8(text))]);
const collect = (who: Party) => market('collect', [Cl.uint(1)], who);

function answered(text: string): void {
  const commitment = commitmentFor(simnet, 1n, {
    'output-hash': Cl.buffer(sha256(utf8(text))),
    'output-tokens': Cl.uint(9),
  });
  expect(shown(settle(simnet, 1n, { commitment }))).toBe('(ok u1100)');
}

function asked(): void {
  create();
  bet(true, 700, USER);
  bet(false, 300, OTHER);
  simnet.mineEmptyBurnBlocks(5);
  expect(asks()).toBe('(ok u1)');
}

describe('a contract that asks a model', () => {
  it('pays the request, checks the answer and pays who was right', () => {
    asked();
    expect(stxOf(simnet, INFERENCE)).toBe(FEE);
    const request = fieldsOf(ask(simnet, INFERENCE, 'get-request', [Cl.uint(1)]));
    expect(request.user).toEqual(Cl.principal(MARKET));
    answered('Yes, it is nearly a sphere.');
    expect(resolveWith('Yes, it is nearly a sphere.')).toBe('(err u6)');
    simnet.mineEmptyBurnBlocks(288);
    expect(resolveWith('No, it is flat.')).toBe('(err u7)');
    expect(resolveWith('Yes, it is nearly a sphere.')).toBe('(ok u1)');
    expect(resolveWith('Yes, it is nearly a sphere.')).toBe('(err u8)');
    expect(collect(OTHER)).toBe('(err u10)');
    expect(collect(USER)).toBe('(ok u1000)');
    expect(collect(USER)).toBe('(err u10)');
    expect(stxOf(simnet, MARKET)).toBe(0n);
    expect(stxOf(simnet, USER.address)).toBe(START_BALANCE + 300n - 1_100n);
    expect(stxOf(simnet, HOST.address)).toBe(START_BALANCE - 100_000_000n + 1_067n);
  });

  it('gives stakes and fee back when the answer is neither, rejected, or never came', () => {
    const ends: (() => void)[] = [
      () => answered('It depends.'),
      () => void reject(simnet, 1n),
      () => {
        simnet.mineEmptyBurnBlocks(145);
        expire(simnet, 1n);
      },
    ];
    for (const [i, end] of ends.entries()) {
      if (i > 0) {
        simnet = network();
        simnet.mintSTX(OTHER.address, START_BALANCE);
        const text = source.replaceAll("'ST000000000000000000002AMW42H.", '.');
        simnet.deployContract('question-market', text, { clarityVersion: 3 }, DEPLOYER.address);
      }
      asked();
      end();
      simnet.mineEmptyBurnBlocks(288);
      expect(resolveWith('It depends.')).toBe('(ok u3)');
      expect(collect(USER)).toBe('(ok u700)');
      expect(collect(OTHER)).toBe('(ok u300)');
      expect(stxOf(simnet, MARKET)).toBe(0n);
    }
  });

  it('takes bets until it closes, asks once, and only then', () => {
    create();
    expect(asks()).toBe('(err u3)');
    expect(resolveWith('Yes')).toBe('(err u5)');
    simnet.mineEmptyBurnBlocks(5);
    expect(bet(true, 1, USER)).toBe('(err u2)');
    expect(asks()).toBe('(ok u1)');
    expect(asks()).toBe('(err u4)');
    expect(collect(USER)).toBe('(err u9)');
    expect(market('bet', [Cl.uint(9), Cl.bool(true), Cl.uint(1)])).toBe('(err u1)');
    openRequest(simnet);
  });
});

/** SIP-005 and SIP-040 post-conditions: every code, principal and mode, as pure rules. */
import type { AssetMap } from '@assay/clarity';
import { type ClarityValue, Cv, parsePrincipal } from '@assay/clarity-value';
import type { FungibleCode, NonFungibleCode, PostCondition, PostConditionMode } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { checkPostConditions } from '../src/post-conditions.ts';
import { ALICE, BOB } from './network.ts';

const principal = (textual: string) => {
  const parsed = parsePrincipal(textual);
  if (!parsed.ok) throw new Error(textual);
  return parsed.value;
};
const TOKEN = `${BOB.address}.token`;
const asset = {
  contract: { ...principal(TOKEN), contractName: 'token' },
  assetName: 'coin',
};
const COIN = `${TOKEN}::coin`;

function moved(parts: {
  stx?: [string, bigint][];
  burn?: [string, bigint][];
  ft?: [string, bigint][];
  nft?: [string, ClarityValue[]][];
}): AssetMap {
  return {
    stx: new Map(parts.stx),
    burn: new Map(parts.burn),
    ft: new Map((parts.ft ?? []).map(([who, amount]) => [who, new Map([[COIN, amount]])])),
    nft: new Map((parts.nft ?? []).map(([who, tokens]) => [who, new Map([[COIN, tokens]])])),
    stacking: new Map(),
  };
}

const allowed = (conditions: PostCondition[], mode: PostConditionMode, map: AssetMap): boolean =>
  checkPostConditions(conditions, mode, ALICE.address, map) === null;

const stx = (code: FungibleCode, amount: bigint): PostCondition => ({
  kind: 'stx',
  principal: 'origin',
  code,
  amount,
});
const ft = (code: FungibleCode, amount: bigint): PostCondition => ({
  kind: 'ft',
  principal: 'origin',
  asset,
  code,
  amount,
});
const nft = (code: NonFungibleCode, value: ClarityValue): PostCondition => ({
  kind: 'nft',
  principal: 'origin',
  asset,
  value,
  code,
});

describe('post-conditions', () => {
  it.each([
    ['eq', 9n, false],
    ['eq', 10n, true],
    ['gt', 10n, false],
    ['gt', 9n, true],
    ['ge', 11n, false],
    ['ge', 10n, true],
    ['lt', 10n, false],
    ['lt', 11n, true],
    ['le', 9n, false],
    ['le', 10n, true],
  ] as const)('fungible code %s with limit %d on 10 moved', (code, limit, verdict) => {
    expect(allowed([stx(code, limit)], 'deny', moved({ stx: [[ALICE.address, 10n]] }))).toBe(
      verdict,
    );
    expect(allowed([ft(code, limit)], 'deny', moved({ ft: [[ALICE.address, 10n]] }))).toBe(verdict);
  });

  it('counts burnt STX as sent', () => {
    const map = moved({ stx: [[ALICE.address, 4n]], burn: [[ALICE.address, 6n]] });
    expect(allowed([stx('eq', 10n)], 'deny', map)).toBe(true);
    expect(allowed([stx('eq', 4n)], 'deny', map)).toBe(false);
    expect(allowed([], 'deny', moved({ burn: [[ALICE.address, 1n]] }))).toBe(false);
  });

  it('judges tokens by value: sent, not sent, maybe sent', () => {
    const one = moved({ nft: [[ALICE.address, [Cv.uint(1)]]] });
    expect(allowed([nft('sent', Cv.uint(1))], 'deny', one)).toBe(true);
    expect(allowed([nft('sent', Cv.uint(2))], 'allow', one)).toBe(false);
    expect(allowed([nft('not-sent', Cv.uint(1))], 'allow', one)).toBe(false);
    expect(allowed([nft('not-sent', Cv.uint(2))], 'allow', one)).toBe(true);
    expect(allowed([nft('maybe-sent', Cv.uint(1))], 'deny', one)).toBe(true);
    expect(allowed([nft('maybe-sent', Cv.uint(1))], 'deny', moved({}))).toBe(true);
    expect(allowed([nft('not-sent', Cv.uint(2))], 'deny', one)).toBe(false);
  });

  it('deny wants a word about every mover, originator only about the origin, allow about none', () => {
    const both = moved({ stx: [[ALICE.address, 1n]], ft: [[TOKEN, 5n]] });
    const aboutAlice = [stx('le', 1n)];
    expect(allowed([], 'allow', both)).toBe(true);
    expect(allowed([], 'deny', both)).toBe(false);
    expect(allowed(aboutAlice, 'deny', both)).toBe(false);
    expect(allowed([], 'originator', both)).toBe(false);
    expect(allowed(aboutAlice, 'originator', both)).toBe(true);
    const aboutContract: PostCondition = {
      ...(ft('eq', 5n) as PostCondition & { kind: 'ft' }),
      principal: principal(TOKEN),
    };
    expect(allowed([...aboutAlice, aboutContract], 'deny', both)).toBe(true);
  });

  it('one token spoken about does not cover another of the class', () => {
    const two = moved({ nft: [[ALICE.address, [Cv.uint(1), Cv.uint(2)]]] });
    expect(allowed([nft('sent', Cv.uint(1))], 'deny', two)).toBe(false);
    expect(allowed([nft('sent', Cv.uint(1)), nft('sent', Cv.uint(2))], 'deny', two)).toBe(true);
  });

  it('a condition about somebody else does not cover the origin', () => {
    const map = moved({ stx: [[ALICE.address, 1n]] });
    const aboutBob: PostCondition = {
      kind: 'stx',
      principal: principal(BOB.address),
      code: 'le',
      amount: 1n,
    };
    expect(allowed([aboutBob], 'deny', map)).toBe(false);
  });
});

/**
 * Facts about blocks, tenures and Bitcoin blocks. What is not yet known answers `none`.
 *
 * Source: stacks-core clarity/src/vm/functions/database.rs (get_*_info).
 */
import { costRuntime } from '../costs/charge.ts';
import type { StacksBlockFacts, TenureFacts } from '../db.ts';
import { checkError } from '../errors.ts';
import type { Code, Frame } from '../exec/exec.ts';
import { consList } from '../exec/sanitize.ts';
import {
  bufferValue,
  NONE,
  principalValue,
  tupleOfEntries,
  uintValue,
  type Value,
} from '../value.ts';
import { atomName, expectUint, special, unreachableType, wrongArity } from './special.ts';
import { storageSpecial } from './stx.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

const some = (value: Value): Value => ({ type: 'some', value });

const STACKS_PROPERTIES: ReadonlyMap<string, (facts: StacksBlockFacts) => Value> = new Map([
  ['id-header-hash', (facts: StacksBlockFacts) => some(bufferValue(facts.idHeaderHash))],
  ['header-hash', (facts: StacksBlockFacts) => some(bufferValue(facts.headerHash))],
  ['time', (facts: StacksBlockFacts) => some(uintValue(facts.timeSecs))],
]);

const TENURE_PROPERTIES: ReadonlyMap<string, (facts: TenureFacts) => Value> = new Map([
  ['time', (facts: TenureFacts) => some(uintValue(facts.timeSecs))],
  ['vrf-seed', (facts: TenureFacts) => some(bufferValue(facts.vrfSeed))],
  ['burnchain-header-hash', (facts: TenureFacts) => some(bufferValue(facts.burnHeaderHash))],
  ['miner-address', (facts: TenureFacts) => some(principalValue(facts.minerAddress))],
  ['miner-spend-total', (facts: TenureFacts) => some(uintValue(facts.minerSpendTotalSats))],
  ['miner-spend-winner', (facts: TenureFacts) => some(uintValue(facts.minerSpendWinnerSats))],
  [
    'block-reward',
    (facts: TenureFacts) =>
      facts.blockRewardMicro === null ? NONE : some(uintValue(facts.blockRewardMicro)),
  ],
]);

/** Height argument as a number below 2^32, or null. */
function height(code: Code, f: Frame): number | null {
  const value = expectUint(code(f));
  return value > 0xffffffffn ? null : Number(value);
}

function factsOrFail<T>(facts: T | null, at: number): T {
  if (facts === null) throw checkError('Expect', `Failed to get block data of height ${at}.`);
  return facts;
}

type Reader = (f: Frame, at: number) => Value;

function heightSpecial(
  call: SpecialCall,
  cost: 'blockInfo' | 'burnBlockInfo',
  read: Reader | null,
) {
  const { c, args, scope, k } = call;
  if (args.length !== 2 || atomName(call, 0) === null) return wrongArity(call);
  if (read === null) {
    return special(call, costRuntime(cost, 0), () => {
      throw unreachableType(`No such property: ${atomName(call, 0)}`);
    });
  }
  const code = c.code(args[1]!, scope, k + 1);
  return storageSpecial(call, cost, (f) => {
    const at = height(code, f);
    return at === null ? NONE : read(f, at);
  });
}

const belowTip = (read: Reader): Reader => {
  return (f, at) => (at >= f.x.info.stacksHeight ? NONE : read(f, at));
};

const stacksBlockInfo: SpecialNative = (call) => {
  const property = STACKS_PROPERTIES.get(atomName(call, 0) ?? '');
  if (property === undefined) return heightSpecial(call, 'blockInfo', null);
  return heightSpecial(
    call,
    'blockInfo',
    belowTip((f, at) => property(factsOrFail(f.x.info.stacksBlock(at), at))),
  );
};

const tenureInfo: SpecialNative = (call) => {
  const property = TENURE_PROPERTIES.get(atomName(call, 0) ?? '');
  if (property === undefined) return heightSpecial(call, 'blockInfo', null);
  return heightSpecial(
    call,
    'blockInfo',
    belowTip((f, at) => property(factsOrFail(f.x.info.tenureOfBlock(at), at))),
  );
};

/** Clarity 1 and 2: both kinds of properties, heights count tenures (but on testnet). */
const blockInfo: SpecialNative = (call) => {
  const name = atomName(call, 0) ?? '';
  const ofTenure = TENURE_PROPERTIES.get(name);
  const ofBlock = name === 'time' ? undefined : STACKS_PROPERTIES.get(name);
  const late = name === 'block-reward' || name.startsWith('miner-spend');
  if ((ofTenure === undefined && ofBlock === undefined) || (late && call.c.version < 2)) {
    return heightSpecial(call, 'blockInfo', null);
  }
  return heightSpecial(call, 'blockInfo', (f, given) => {
    const { info } = f.x;
    let at = given;
    if (info.chainId !== 0x80000000 && info.stacksHeightOfTenure !== undefined) {
      const first = info.stacksHeightOfTenure(given);
      if (first === null) return NONE;
      at = first;
    }
    if (at >= info.stacksHeight) return NONE;
    if (ofTenure !== undefined) return ofTenure(factsOrFail(info.tenureOfBlock(at), at));
    return ofBlock!(factsOrFail(info.stacksBlock(at), at));
  });
};

function poxAddresses(f: Frame, at: number): Value {
  const pox = f.x.info.burnBlock(at)?.poxAddresses ?? null;
  if (pox === null) return NONE;
  const addresses = pox.addresses.map((address) =>
    tupleOfEntries([
      ['hashbytes', bufferValue(address.hashBytes)],
      ['version', bufferValue(address.version)],
    ]),
  );
  return some(
    tupleOfEntries([
      ['addrs', consList(addresses)],
      ['payout', uintValue(pox.payoutSats)],
    ]),
  );
}

const burnBlockInfo: SpecialNative = (call) => {
  switch (atomName(call, 0)) {
    case 'header-hash':
      return heightSpecial(call, 'burnBlockInfo', (f, at) => {
        const facts = f.x.info.burnBlock(at);
        return facts === null ? NONE : some(bufferValue(facts.headerHash));
      });
    case 'pox-addrs':
      return heightSpecial(call, 'burnBlockInfo', poxAddresses);
    default:
      return heightSpecial(call, 'burnBlockInfo', null);
  }
};

/** Switched off from epoch 3.4, in every version of the language. */
const atBlock: SpecialNative = (call) =>
  special(call, 0, () => {
    throw checkError('AtBlockUnavailable', '(at-block ...) is not available in this epoch');
  });

export const BLOCK_SPECIALS: readonly [string, SpecialNative][] = [
  ['get-stacks-block-info?', stacksBlockInfo],
  ['get-tenure-info?', tenureInfo],
  ['get-block-info?', blockInfo],
  ['get-burn-block-info?', burnBlockInfo],
  ['at-block', atBlock],
];

/**
 * SIP-015, SIP-021: the stacking contract on a simulated chain. Locks, their end, and the events a
 * chain adds are those of the reference. The contract's source comes from the reference package.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as reference from '@stacks/clarinet-sdk';
import { Cl, type ClarityValue } from '@stacks/transactions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getSDK, type Simnet } from '../src/index.ts';

const POX = 'ST000000000000000000002AMW42H.pox-4';
const folder = mkdtempSync(join(tmpdir(), 'assay-pox-'));
let ours: Simnet;
let theirs: Simnet;

beforeAll(async () => {
  console.error = () => {};
  console.log = () => {};
  mkdirSync(join(folder, 'settings'));
  mkdirSync(join(folder, 'boot'));
  writeFileSync(join(folder, 'a.clar'), '(define-read-only (f) u1)');
  const manifest =
    '[project]\nname = "pox"\ntelemetry = false\n[contracts.a]\npath = "a.clar"\nepoch = 3.4\n';
  writeFileSync(join(folder, 'Clarinet.toml'), manifest);
  const account = (name: string, words: string) =>
    `[accounts.${name}]\nmnemonic = "${words}"\nbalance = 100_000_000_000_000\n`;
  const settings = [
    '[network]\nname = "devnet"\n',
    account('deployer', `${'abandon '.repeat(23)}art`),
    account('wallet_1', `${'zoo '.repeat(23)}vote`),
  ].join('');
  writeFileSync(join(folder, 'settings', 'Devnet.toml'), settings);
  theirs = (await reference.getSDK()) as unknown as Simnet;
  await theirs.initSession(folder, 'Clarinet.toml');
  writeFileSync(join(folder, 'boot', 'pox-4.clar'), theirs.getContractSource(POX)!);
  ours = await getSDK({ bootContractsFolder: join(folder, 'boot') });
  await ours.initSession(folder, 'Clarinet.toml');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = (value: unknown) =>
  JSON.stringify(value, (key, one) => {
    if (key === 'costs' || key === 'performance') return undefined;
    if (typeof one === 'bigint') return one.toString();
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

function same(what: string, step: (simnet: Simnet) => unknown): string {
  const expected = json(step(theirs));
  expect(JSON.parse(json(step(ours)) ?? 'null'), what).toEqual(JSON.parse(expected ?? 'null'));
  return expected;
}

it('delegation, locking, extending and unlocking are as in the reference', () => {
  const pool = ours.getAccounts().get('deployer')!;
  const stacker = ours.getAccounts().get('wallet_1')!;
  const address = Cl.tuple({
    version: Cl.bufferFromHex('00'),
    hashbytes: Cl.bufferFromHex('11'.repeat(20)),
  });
  const amount = Cl.uint(2_000_000_000_000);
  const signerKey = Cl.bufferFromHex(`02${'22'.repeat(32)}`);
  const who = Cl.principal(stacker);
  const call = (fn: string, args: ClarityValue[], sender: string) =>
    expect(
      same(fn, (s) => s.callPublicFn(POX, fn, args, sender)),
      fn,
    ).toContain('"type":"ok"');
  const account = () => same('account', (s) => s.runSnippet(`(stx-account '${stacker})`));

  call('delegate-stx', [amount, Cl.principal(pool), Cl.none(), Cl.none()], stacker);
  call('revoke-delegate-stx', [], stacker);
  call(
    'delegate-stx',
    [Cl.uint(9_000_000_000_000), Cl.principal(pool), Cl.some(Cl.uint(50_000)), Cl.some(address)],
    stacker,
  );
  const start = Cl.uint(ours.burnBlockHeight);
  call('delegate-stack-stx', [who, amount, address, start, Cl.uint(2)], pool);
  const locked = account();
  call('delegate-stack-increase', [who, address, Cl.uint(1_000_000_000_000)], pool);
  expect(account()).not.toBe(locked);
  call('delegate-stack-extend', [who, address, Cl.uint(3)], pool);
  const topic = Cl.stringAscii('agg-commit');
  const grant = [
    address,
    Cl.uint(1),
    Cl.uint(1),
    topic,
    signerKey,
    Cl.bool(true),
    Cl.uint(10n ** 15n),
    Cl.uint(7),
  ];
  // Only the key's owner may grant: the same refusal on both sides.
  same('grant', (s) => s.callPublicFn(POX, 'set-signer-key-authorization', grant, pool));
  for (const s of [ours, theirs]) s.mineEmptyBurnBlocks(7_000);
  account();
  expect(same('heights', (s) => [s.blockHeight, s.burnBlockHeight])).not.toBe('[0,0]');
});

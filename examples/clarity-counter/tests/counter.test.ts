/** The counter counts, refuses and tells; every test starts with the project freshly deployed. */
import { Cl, ClarityType } from '@stacks/transactions';
import { describe, expect, it } from 'vitest';

const accounts = simnet.getAccounts();
const alice = accounts.get('wallet_1')!;
const bob = accounts.get('wallet_2')!;

const add = (amount: number, who: string) =>
  simnet.callPublicFn('counter', 'add', [Cl.uint(amount)], who);

describe('counter', () => {
  it('counts for everybody and for each', () => {
    expect(add(2, alice).result).toBeOk(Cl.uint(2));
    expect(simnet.callPublicFn('counter', 'increment', [], bob).result).toBeOk(Cl.uint(3));
    expect(simnet.getDataVar('counter', 'total')).toBeUint(3);
    expect(simnet.getMapEntry('counter', 'counts', Cl.principal(alice))).toBeSome(Cl.uint(2));
    const { result } = simnet.callReadOnlyFn('counter', 'get-count', [Cl.principal(bob)], bob);
    expect(result).toBeUint(1);
  });

  it('starts every test at zero', () => {
    expect(simnet.getDataVar('counter', 'total')).toBeUint(0);
    expect(simnet.getMapEntry('counter', 'counts', Cl.principal(alice))).toBeNone();
  });

  it('refuses nothing and too much', () => {
    expect(add(0, alice).result).toBeErr(Cl.uint(100));
    expect(add(1001, alice).result).toBeErr(Cl.uint(101));
  });

  it('prints what happened', () => {
    const { events } = add(5, alice);
    expect(events).toHaveLength(1);
    expect(events[0]!.data.value).toBeTuple({
      event: Cl.stringAscii('added'),
      who: Cl.principal(alice),
      amount: Cl.uint(5),
      height: Cl.uint(simnet.stacksBlockHeight),
    });
  });

  it('fails loudly when a contract divides by zero', () => {
    // The error names the line.
    expect(() => simnet.callPublicFn('counter', 'share', [Cl.uint(0)], alice)).toThrow(
      /DivisionByZero.*at \.counter:35/s,
    );
    add(9, alice);
    const { result } = simnet.callPublicFn('counter', 'share', [Cl.uint(3)], alice);
    expect(result).toHaveClarityType(ClarityType.ResponseOk);
  });

  it('goes back in time with a snapshot', () => {
    const before = simnet.snapshot();
    add(7, alice);
    simnet.mineEmptyBurnBlocks(10);
    simnet.revert(before);
    expect(simnet.getDataVar('counter', 'total')).toBeUint(0);
  });

  it('shows the calls a transaction made', () => {
    simnet.callPublicFn('token', 'mint', [Cl.uint(1000)], alice);
    const coin = Cl.contractPrincipal(simnet.deployer, 'token');
    simnet.callPublicFn('collectible', 'buy', [coin], alice);
    const trace = simnet.getLastContractCallTrace();
    expect(trace).toContain('  (.token transfer u500');
    expect(trace).toContain('from .collectible:19');
  });
});

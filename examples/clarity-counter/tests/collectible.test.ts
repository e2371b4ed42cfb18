/** Collectibles are paid for with tokens, and both movements are events. */
import { Cl } from '@stacks/transactions';
import { beforeEach, describe, expect, it } from 'vitest';

const accounts = simnet.getAccounts();
const deployer = accounts.get('deployer')!;
const alice = accounts.get('wallet_1')!;
const bob = accounts.get('wallet_2')!;
const coin = Cl.contractPrincipal(deployer, 'token');

const owner = (id: number) =>
  simnet.callReadOnlyFn('collectible', 'get-owner', [Cl.uint(id)], alice).result;

beforeEach(() => {
  simnet.callPublicFn('token', 'mint', [Cl.uint(1_000)], alice);
});

describe('collectible', () => {
  it('costs 500 tokens', () => {
    const { result, events } = simnet.callPublicFn('collectible', 'buy', [coin], alice);
    expect(result).toBeOk(Cl.uint(1));
    expect(events.map(({ event }) => event)).toEqual(['ft_transfer_event', 'nft_mint_event']);
    expect(owner(1)).toBeOk(Cl.some(Cl.principal(alice)));
    expect(simnet.getAssetsMap().get('.token.example-token')?.get(deployer)).toBe(500n);
    expect(simnet.getAssetsMap().get('.collectible.collectible')?.get(alice)).toBe(1n);
  });

  it('is not sold on credit', () => {
    const { result, events } = simnet.callPublicFn('collectible', 'buy', [coin], bob);
    expect(result).toBeErr(Cl.uint(1));
    expect(events).toEqual([]);
  });

  it('moves only with its owner', () => {
    simnet.callPublicFn('collectible', 'buy', [coin], alice);
    const move = (sender: string) =>
      simnet.callPublicFn(
        'collectible',
        'transfer',
        [Cl.uint(1), Cl.principal(alice), Cl.principal(bob)],
        sender,
      ).result;
    expect(move(bob)).toBeErr(Cl.uint(401));
    expect(move(alice)).toBeOk(Cl.bool(true));
    expect(owner(1)).toBeOk(Cl.some(Cl.principal(bob)));
  });

  it('takes only tokens that keep to the trait', () => {
    const counter = Cl.contractPrincipal(deployer, 'counter');
    expect(() => simnet.callPublicFn('collectible', 'buy', [counter], alice)).toThrow();
  });
});

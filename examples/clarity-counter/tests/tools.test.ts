/** What a test can see beside results: the syntax tree, epochs, the trace of calls, coverage and costs. */
import { initSimnet } from '@assay/simnet';
import { Cl } from '@stacks/transactions';
import { describe, expect, it } from 'vitest';

const alice = simnet.getAccounts().get('wallet_1')!;

describe('tools', () => {
  it('shows the syntax tree of a contract, with places', () => {
    const { expressions } = simnet.getContractAST('counter');
    const [first] = expressions;
    expect(first!.span).toMatchObject({ start_line: 2, start_column: 1 });
    expect(first!.expr).toMatchObject({ List: [{ expr: { Atom: 'define-constant' } }, {}, {}] });
  });

  it('moves between epochs, and so between versions of the language', () => {
    const deploy = (name: string) =>
      simnet.deployContract(name, '(define-read-only (t) stacks-block-time)', null, alice);
    simnet.setEpoch('2.4');
    expect(simnet.getDefaultClarityVersionForCurrentEpoch()).toBe('Clarity 2');
    expect(() => deploy('early')).toThrow();
    simnet.setEpoch('3.4');
    expect(simnet.getDefaultClarityVersionForCurrentEpoch()).toBe('Clarity 5');
    deploy('late');
    expect(simnet.callReadOnlyFn(`${alice}.late`, 't', [], alice).result.type).toBe('uint');
  });

  it('tells which contract called which, from which line', () => {
    const coin = Cl.contractPrincipal(simnet.deployer, 'token');
    simnet.callPublicFn('token', 'mint', [Cl.uint(1_000)], alice);
    simnet.callPublicFn('collectible', 'buy', [coin], alice);
    const [call] = simnet.getCallTrace();
    expect(call).toMatchObject({ functionName: 'buy' });
    expect(call!.calls[0]).toMatchObject({ functionName: 'transfer' });
    expect(simnet.getLastContractCallTrace()).toContain('transfer');
  });

  it('records what each line did and cost', async () => {
    const own = await initSimnet('./Clarinet.toml', true, {
      trackCoverage: true,
      trackCosts: true,
    });
    own.callPublicFn('counter', 'add', [Cl.uint(2)], alice);
    own.callPublicFn('counter', 'add', [Cl.uint(0)], alice);
    const { coverage, lines } = own.collectReport();
    expect(coverage).toContain('FN:20,add');
    expect(coverage).toMatch(/FNDA:2,add/);
    expect(coverage).toMatch(/FNDA:0,share/);
    const dearest = lines.find(({ path }) => path.endsWith('counter.clar'))!;
    expect(dearest.runtime).toBeGreaterThan(0);
    expect(dearest.text).not.toBe('');
  });
});

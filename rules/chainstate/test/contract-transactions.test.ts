/** Deploys and calls in blocks: responses, runtime errors, events, post-conditions, budgets, SIP-010. */
import { Cv, clarityValueToString, parsePrincipal } from '@assay/clarity-value';
import { EXAMPLE_CONTRACTS } from '@assay/contracts';
import type { PostCondition } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, call, deploy, HOST, START, TestChain, transfer } from './network.ts';

const VAULT = `
(define-data-var count uint u0)
(define-public (put (amount uint))
  (begin
    (var-set count (+ (var-get count) u1))
    (try! (stx-transfer? amount tx-sender (as-contract tx-sender)))
    (print { event: "put", amount: amount })
    (ok (var-get count))))
(define-public (refuse) (begin (var-set count u99) (err u7)))
(define-public (crash) (begin (var-set count u99) (ok (/ u1 (- (var-get count) (var-get count))))))
(define-read-only (get-count) (var-get count))
(define-read-only (who) { sender: tx-sender, caller: contract-caller, sponsor: tx-sponsor? })
(define-public (read-much) (ok (fold step 0x${'00'.repeat(200)} u0)))
(define-private (step (b (buff 1)) (sum uint)) (+ ${'(var-get count) '.repeat(20)}))
`;
const ID = `${ALICE.address}.vault`;

function started(): TestChain {
  const chain = new TestChain();
  chain.tenure([chain.sign(ALICE, deploy('vault', VAULT), { nonce: 0n })]);
  return chain;
}

const count = (chain: TestChain) => {
  const value = chain.chain.view(chain.tip.blockId).dataVar(ID, 'count');
  return value?.type === 'uint' ? value.value : null;
};

describe('contract transactions', () => {
  it('deploys with interface and source, and refuses the name a second time', () => {
    const chain = started();
    const view = chain.chain.view(chain.tip.blockId);
    expect(view.contractSource(ID)).toMatchObject({
      source: VAULT,
      clarityVersion: 3,
      publishHeight: 1,
    });
    expect(view.contractInterface(ID)?.functions.map(({ name }) => name)).toContain('put');
    const again = chain.sign(ALICE, deploy('vault', VAULT));
    const { outcomes } = chain.assemble(
      [again, chain.sign(BOB, transfer(ALICE.address, 1n))],
      chain.context(chain.tip.burnView),
    );
    expect(outcomes[0]).toMatchObject({ kind: 'skipped', code: 'chainstate/contract-exists' });
  });

  it('commits an ok with its events', () => {
    const chain = started();
    const [receipt] = chain.mine(chain.sign(BOB, call(ID, 'put', [Cv.uint(50)])));
    expect(receipt).toMatchObject({ status: 'success', vmError: null });
    expect(receipt!.events.map(({ type }) => type)).toEqual([
      'stx_transfer_event',
      'contract_event',
    ]);
    expect(receipt!.cost.runtime).toBeGreaterThan(0);
    expect(chain.balanceOf(ID)).toBe(50n);
    expect(count(chain)).toBe(1n);
  });

  it.each([
    ['refuse', '(err u7)', null],
    ['crash', '(err none)', 'DivisionByZero'],
    ['missing', '(err none)', ''],
  ] as const)('keeps only the fee when a call fails: %s', (name, result, error) => {
    const chain = started();
    const [receipt] = chain.mine(chain.sign(BOB, call(ID, name, [])));
    expect(receipt!.status).toBe('abort_by_response');
    expect(clarityValueToString(receipt!.result)).toBe(result);
    if (error === null) expect(receipt!.vmError).toBe(null);
    else expect(receipt!.vmError).toContain(error);
    expect(receipt!.events).toEqual([]);
    expect(count(chain)).toBe(0n);
    expect(chain.balanceOf(BOB.address)).toBe(START - 1_000n);
    expect(chain.nonceOf(BOB)).toBe(1n);
  });

  it('undoes a call that breaks a post-condition, and keeps one that holds', () => {
    const chain = started();
    const condition = (amount: bigint): PostCondition => ({
      kind: 'stx',
      principal: 'origin',
      code: 'le',
      amount,
    });
    const options = (amount: bigint) => ({
      mode: 'deny' as const,
      conditions: [condition(amount)],
    });
    const [bad] = chain.mine(chain.sign(BOB, call(ID, 'put', [Cv.uint(50)]), options(49n)));
    expect(bad!.status).toBe('abort_by_post_condition');
    expect(bad!.vmError).toContain('sent 50 of STX');
    expect(clarityValueToString(bad!.result)).toBe('(ok u1)');
    expect(chain.balanceOf(ID)).toBe(0n);
    expect(count(chain)).toBe(0n);
    const [good] = chain.mine(chain.sign(BOB, call(ID, 'put', [Cv.uint(50)]), options(50n)));
    expect(good!.status).toBe('success');
    const [mute] = chain.mine(chain.sign(BOB, call(ID, 'put', [Cv.uint(50)]), { mode: 'deny' }));
    expect(mute!.status).toBe('abort_by_post_condition');
  });

  it('shows the sponsor to the contract and charges it', () => {
    const chain = started();
    const source = '(define-public (who) (ok { sender: tx-sender, sponsor: tx-sponsor? }))';
    chain.mine(chain.sign(ALICE, deploy('who', source)));
    const [receipt] = chain.mine(
      chain.sign(BOB, call(`${ALICE.address}.who`, 'who', []), { sponsor: HOST, fee: 500n }),
    );
    expect(clarityValueToString(receipt!.result)).toContain(HOST.address);
    expect(chain.balanceOf(BOB.address)).toBe(START);
  });

  it('a deploy that does not check pays its fee and deploys nothing', () => {
    const chain = started();
    const [receipt] = chain.mine(
      chain.sign(BOB, deploy('broken', '(define-public (f) (ok (+ u1 1)))')),
    );
    expect(receipt!.status).toBe('abort_by_response');
    expect(receipt!.vmError).not.toBe(null);
    expect(chain.chain.view(chain.tip.blockId).hasContract(`${BOB.address}.broken`)).toBe(false);
  });

  it('leaves out what exceeds the budget of the tenure and goes on', () => {
    const chain = started();
    const builder = chain.chain.build(chain.tip.blockId, chain.context(chain.tip.burnView));
    let included = 0;
    let skipped = 0;
    for (let i = 0; i < 6; i++) {
      const tx = chain.sign(BOB, call(ID, 'read-much', []), { nonce: BigInt(included) });
      const outcome = builder.tryTransaction(chain.check(tx));
      if (outcome.kind === 'included') included += 1;
      else {
        expect(outcome).toMatchObject({ code: 'chainstate/cost-limit', fatal: false });
        skipped += 1;
        break;
      }
    }
    expect(included).toBe(3);
    const after = builder.tryTransaction(chain.check(chain.sign(HOST, transfer(BOB.address, 1n))));
    expect(after.kind).toBe('included');
    expect(builder.tenureCost.readCount).toBeLessThanOrEqual(15_000);
    builder.abort();
    expect(skipped).toBe(1);
  });

  it('a read-only call has a budget of its own, counts what it reads and may not write', () => {
    const chain = new TestChain();
    const reads = (count: number) =>
      `(define-read-only (read-${count}) (+ ${'(var-get n) '.repeat(count)}))`;
    const source = `(define-data-var n uint u1)
      ${reads(97)} ${reads(98)} (define-public (write) (ok (var-set n u2)))`;
    chain.tenure([chain.sign(ALICE, deploy('reads', source), { nonce: 0n })]);
    const view = chain.chain.view(chain.tip.blockId);
    const ask = (functionName: string, budget: 'read-only' | 'tenure') => {
      const contractId = `${ALICE.address}.reads`;
      const answer = view.callReadOnly({
        contractId,
        functionName,
        args: [],
        sender: BOB.address,
        budget,
      });
      return answer.ok ? clarityValueToString(answer.value) : answer.error.name;
    };
    // Loading the contract is three of 100 reads.
    expect(ask('read-97', 'read-only')).toBe('u97');
    expect(ask('read-98', 'read-only')).toBe('CostBalanceExceeded');
    expect(ask('read-98', 'tenure')).toBe('u98');
    expect(ask('write', 'read-only')).toBe('NotReadOnly');
    expect(ask('write', 'tenure')).toBe('NotReadOnly');
  });

  it('runs a SIP-010 token: mint, transfer with post-condition, balances', () => {
    const chain = new TestChain();
    chain.tenure(
      EXAMPLE_CONTRACTS.map(({ name, source }, i) =>
        chain.sign(ALICE, deploy(name, source), { nonce: BigInt(i) }),
      ),
    );
    const token = `${ALICE.address}.example-token`;
    const [minted] = chain.mine(
      chain.sign(ALICE, call(token, 'mint', [Cv.uint(100), Cv.principal(BOB.address)])),
    );
    expect(minted!.events[0]).toMatchObject({ type: 'ft_mint_event', amount: 100n });
    const id = parsePrincipal(token);
    if (!id.ok) throw new Error();
    const asset = {
      contract: { ...id.value, contractName: 'example-token' },
      assetName: 'example-token',
    };
    const args = [Cv.uint(30), Cv.principal(BOB.address), Cv.principal(HOST.address), Cv.none()];
    const pay = (amount: bigint) =>
      chain.mine(
        chain.sign(BOB, call(token, 'transfer', args), {
          mode: 'deny',
          conditions: [{ kind: 'ft', principal: 'origin', asset, code: 'eq', amount }],
        }),
      )[0]!;
    expect(pay(29n).status).toBe('abort_by_post_condition');
    expect(pay(30n)).toMatchObject({ status: 'success' });
    const balance = chain.chain.view(chain.tip.blockId).callReadOnly({
      contractId: token,
      functionName: 'get-balance',
      args: [Cv.principal(HOST.address)],
      sender: BOB.address,
    });
    expect(balance.ok && clarityValueToString(balance.value)).toBe('(ok u30)');
    const stranger = chain.mine(
      chain.sign(HOST, call(token, 'mint', [Cv.uint(1), Cv.principal(HOST.address)])),
    );
    expect(clarityValueToString(stranger[0]!.result)).toBe('(err u1)');
  });
});

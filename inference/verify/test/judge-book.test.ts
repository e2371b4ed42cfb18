/** Shadow mode, widening and host records as a signer meets them. Source: verification.md 5.4, 5.6.4. */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { FakeEngine } from '@assay/engine';
import { MemoryStore } from '@assay/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { JudgeBook, type Judged, type MonitorBounds, type Reason, WIDTHS } from '../src/index.ts';
import { createScene } from './scene.ts';

const { manifest } = createScene(new FakeEngine());
const LN_10 = 2_302_586;
const HOST = new Uint8Array(33).fill(1);
let store: MemoryStore;
let serial = 0;

beforeEach(() => {
  store = new MemoryStore();
  serial = 0;
});

/** What `judge` would measure at these decimal orders of evidence, one bet alone. */
function measured(peakOrders: number, endOrders = -0.1, reasons: readonly Reason[] = []): Judged {
  const wide = (orders: number) =>
    Array.from({ length: WIDTHS }, (_, w) => Math.floor((orders * LN_10) / 2 ** w));
  const widePeaksMicro = wide(Math.max(0, peakOrders));
  const wideEndsMicro = wide(endOrders);
  const evidence = {
    peakMicro: widePeaksMicro[0]!,
    peakAt: 1,
    leading: 'far-sketch',
    finalMicro: {},
    endMicro: wideEndsMicro[0]!,
    widePeaksMicro,
    wideEndsMicro,
  };
  const statistics = {
    tokens: 32,
    evidence,
    sketchDistanceMilli: [],
    marginMicro: [],
    mismatches: 0,
    meanEntropyMilli: 1000,
  };
  return { verdict: reasons.length > 0 ? 'invalid' : 'valid', reasons, statistics };
}

const nameOf = (number: number) => sha256(bytesFromUtf8(`answer ${number}`));

function enter(book: JudgeBook, judged: Judged, hostPublicKey = HOST) {
  serial += 1;
  const commitmentHash = nameOf(serial);
  return { ...book.enter({ judged, manifest, hostPublicKey, commitmentHash }), commitmentHash };
}

const open = (bounds?: Partial<MonitorBounds>) =>
  new JudgeBook(store, { auditsMin: 0, strongPerThousandMax: 1, ...bounds });
const host = (number: number) => new Uint8Array(33).fill(number);

describe('shadow mode', () => {
  it('a new table accuses nobody until a thousand audits have passed, of whatever evidence', () => {
    const book = new JudgeBook(store);
    const early = enter(book, measured(40));
    expect(early).toMatchObject({ verdict: 'abstain', reasons: [{ code: 'verify/shadow' }] });
    for (let i = 1; i < 999; i++) enter(book, measured(0));
    expect(book.state(new Uint8Array(32))).toEqual({ kind: 'shadow', width: 0 });
    expect(enter(book, measured(40)).verdict).toBe('invalid');
  });

  it('a token that no rounding explains waits for the table too; a broken exact rule does not', () => {
    const impossible: Reason = { code: 'verify/impossible', message: '' };
    expect(enter(new JudgeBook(store), measured(0, 0, [impossible])).verdict).toBe('abstain');
    expect(enter(open(), measured(0, 0, [impossible])).verdict).toBe('invalid');
    // The same of a host that does not open its sketch, so that nothing but the draw was measured.
    const withheld: Judged = { verdict: 'invalid', reasons: [impossible], statistics: null };
    expect(enter(new JudgeBook(store), withheld)).toMatchObject({
      verdict: 'abstain',
      reasons: [{ code: 'verify/shadow' }],
    });
    expect(enter(open(), withheld).verdict).toBe('invalid');
    const broken: Judged = {
      verdict: 'invalid',
      reasons: [{ code: 'verify/seed', message: '' }],
      statistics: null,
    };
    expect(enter(new JudgeBook(store), broken).verdict).toBe('invalid');
    expect(open().monitor(new Uint8Array(32)).audits).toBe(0);
  });

  it('between a thousand and a million it abstains, and says nothing about an honest answer', () => {
    const book = open();
    expect(enter(book, measured(4)).reasons[0]!.code).toBe('verify/suspect');
    expect(enter(book, measured(2))).toMatchObject({ verdict: 'valid', reasons: [] });
  });
});

describe('the online monitor', () => {
  it('widens before it convicts: strong evidence of several hosts halves every gamma', () => {
    const book = open();
    expect(enter(book, measured(5), host(1)).table).toEqual({ kind: 'convict', width: 0 });
    const second = enter(book, measured(5), host(2));
    expect(second).toMatchObject({ verdict: 'valid', table: { kind: 'convict', width: 1 } });
    expect(enter(book, measured(14), host(3)).verdict).toBe('invalid');
  });

  it('is withdrawn when even an eighth of the bets is too sharp', () => {
    const book = open();
    enter(book, measured(80), host(1));
    const last = enter(book, measured(80), host(2));
    expect(last.table.kind).toBe('withdrawn');
    expect(last).toMatchObject({ verdict: 'abstain', reasons: [{ code: 'verify/shadow' }] });
  });

  it('one host alone cannot withdraw a table, however often it cheats', () => {
    const book = open();
    for (let i = 0; i < 50; i++) {
      expect(enter(book, measured(80)).table).toEqual({ kind: 'convict', width: 0 });
    }
  });

  it('a cheat that a second judge or channel C confirms does not count against the table', () => {
    const book = open();
    const first = enter(book, measured(80), host(1));
    book.confirm(first.commitmentHash);
    book.confirm(first.commitmentHash);
    book.confirm(nameOf(999));
    expect(enter(book, measured(80), host(2)).verdict).toBe('invalid');
    expect(book.monitor(new Uint8Array(32)).strong).toEqual([0, 0, 0, 0]);
  });
});

describe('the record of a host', () => {
  it('(5) a cheat in one answer of ten, never convicted alone, convicts in the end and begins anew', () => {
    const book = open();
    let audits = 0;
    let ruling = enter(book, measured(0));
    while (ruling.verdict !== 'invalid' && audits < 1000) {
      audits += 1;
      ruling = enter(book, audits % 10 === 9 ? measured(2.7, 2.6) : measured(0.1, -0.1));
    }
    expect(ruling.reasons[0]!.code).toBe('verify/record');
    expect(audits).toBeLessThan(400);
    expect(ruling.host.wealthMicro).toBe(0);
    expect(enter(book, measured(0)).verdict).toBe('valid');
  });

  it('is kept per host and model', () => {
    const book = open();
    enter(book, measured(2, 2), host(1));
    expect(enter(book, measured(0, 0), host(2)).host.wealthMicro).toBe(0);
    expect(enter(book, measured(0, 0), host(1)).host.audits).toBe(2);
  });
});

describe('the book', () => {
  it('an answer entered twice changes nothing, and reads the same after a restart', () => {
    const audit = {
      judged: measured(4, 3),
      manifest,
      hostPublicKey: HOST,
      commitmentHash: nameOf(1),
    };
    const first = open().enter(audit);
    const again = open().enter({ ...audit, judged: measured(0) });
    expect(again).toEqual(first);
  });

  it('joins the batch of its caller: nothing is kept of a batch that fails', () => {
    const book = open();
    const attempt = () =>
      store.batch(() => {
        enter(book, measured(4));
        throw new Error('disk full');
      });
    expect(attempt).toThrow('disk full');
    expect([...store.range({})]).toEqual([]);
  });

  it('does not count abstentions: no model, no bytes', () => {
    const nothing: Judged = {
      verdict: 'abstain',
      reasons: [{ code: 'verify/engine', message: 'down' }],
      statistics: null,
    };
    expect(enter(open(), nothing)).toMatchObject({ verdict: 'abstain', host: { audits: 0 } });
    expect([...store.range({})]).toEqual([]);
  });
});

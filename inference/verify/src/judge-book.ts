/**
 * What a judge remembers, and what follows from it: per model, how its table behaves (shadow.ts); per
 * host and model, the wealth of the bets over all audited answers (wealth.ts). `enter` takes what
 * `judge` measured and rules what may be said about the answer. State lives in a `Store`; writes join a
 * batch of the caller, so that a ruling and the verdict made of it are on disk together or not at all.
 * The same answer entered twice changes nothing.
 *
 * Codes of rulings beside those of the judge: verify/shadow (strong evidence, but the table may not
 * accuse yet), verify/record (this answer took the host's record over the bound), verify/attribution
 * (channel C: a suspect made it).
 */
import {
  assert,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  concatBytes,
  utf8FromBytes,
} from '@assay/bytes';
import { encodeCanonicalJson, type Judgement, type ModelManifest, modelId } from '@assay/jobs';
import type { Store } from '@assay/store';
import type { Attributed, EscalationReason } from './escalation.ts';
import type { Judged, Reason } from './judge.ts';
import {
  confirmed,
  DEFAULT_BOUNDS,
  type MonitorBounds,
  NEW_MONITOR,
  type ShadowMonitor,
  type TableState,
  tableState,
  watch,
} from './shadow.ts';
import { type HostRecord, NEW_HOST, restarted, updateWealth } from './wealth.ts';

export interface Audit {
  readonly judged: Judged;
  readonly manifest: ModelManifest;
  /** The host's operating key, 33 bytes. */
  readonly hostPublicKey: Uint8Array;
  /** Names the answer, 32 bytes. */
  readonly commitmentHash: Uint8Array;
}

export interface Ruling {
  /** What the judge may say. */
  readonly verdict: Judgement;
  /** Why not `valid`; empty otherwise. */
  readonly reasons: readonly Reason[];
  /** How far the model's table is trusted, this answer included. */
  readonly table: TableState;
  /** The host's record with this model, this answer included. */
  readonly host: HostRecord;
}

/** A model's monitor, and when each host was last counted in it. */
interface HostEntry extends HostRecord {
  /** Audits of the model when this host's strong evidence last counted; -1 for never. */
  readonly countedAt: number;
}

/** What channel C found about an answer that was entered before. */
export interface AttributionAudit extends Omit<Audit, 'judged'> {
  readonly attributed: Attributed;
  readonly reason: EscalationReason;
}

interface AuditEntry {
  readonly model: string;
  readonly verdict: Judgement;
  readonly reasons: readonly Reason[];
  /** What this audit added to the monitor and `confirm` takes back. */
  readonly reach: readonly boolean[];
  /** Channel C was heard. */
  readonly isAttributed: boolean;
}

const NEW_ENTRY: HostEntry = { ...NEW_HOST, countedAt: -1 };
/** A host's strong evidence counts once in so many audits of its model. */
const COUNT_EVERY = 1000;

export class JudgeBook {
  readonly #store: Store;
  readonly #bounds: MonitorBounds;

  constructor(store: Store, bounds: MonitorBounds = DEFAULT_BOUNDS) {
    this.#store = store;
    this.#bounds = bounds;
  }

  /** Durable on return, or with the batch it was called in. Exact rules and abstentions pass through. */
  enter(audit: Audit): Ruling {
    const { judged, manifest, hostPublicKey, commitmentHash } = audit;
    const model = modelId(manifest);
    const known = this.#audit(commitmentHash);
    if (known !== null || judged.statistics === null) {
      const table = this.state(model);
      const impossible = judged.reasons.find(({ code }) => code === 'verify/impossible');
      const said = impossible === undefined ? judged : accuse(impossible, table);
      const { verdict, reasons } = known ?? said;
      return { verdict, reasons, table, host: this.record(model, hostPublicKey) };
    }
    const { suspectMicro } = manifest.thresholds;
    const { evidence } = judged.statistics;
    const before = this.#host(model, hostPublicKey);
    const monitor = this.monitor(model);
    const counts = before.countedAt < 0 || monitor.audits - before.countedAt >= COUNT_EVERY;
    const impossible = judged.reasons.some((one) => one.code === 'verify/impossible');
    const reach = evidence.widePeaksMicro.map(
      (peak) => counts && (impossible || peak >= suspectMicro),
    );
    const after = watch(monitor, reach);
    const table = tableState(after, this.#bounds);
    const width = table.kind === 'withdrawn' ? evidence.wideEndsMicro.length - 1 : table.width;
    const grown = updateWealth(before, evidence.wideEndsMicro[width]!);
    const { verdict, reasons } = rule(audit, { table, before, grown, width });
    const convicted = reasons[0]?.code === 'verify/record';
    const host: HostEntry = {
      ...(convicted ? restarted(grown) : grown),
      countedAt: reach.includes(true) ? monitor.audits : before.countedAt,
    };
    const entry: AuditEntry = {
      model: bytesToHex(model),
      verdict,
      reasons,
      reach,
      isAttributed: false,
    };
    this.#store.batch((batch) => {
      batch.put(monitorKey(model), encode(after));
      batch.put(hostKey(model, hostPublicKey), encode(host));
      batch.put(auditKey(commitmentHash), encode(entry));
    });
    return { verdict, reasons, table, host };
  }

  /**
   * Channel C's word on an answer that `enter` knows. It may convict where the channels before it only
   * suspected; drawn by lot, it also adds to a record of its own. Durable like `enter`.
   */
  enterAttribution(audit: AttributionAudit): Ruling {
    const { manifest, hostPublicKey, commitmentHash, attributed, reason } = audit;
    const model = modelId(manifest);
    const known = this.#audit(commitmentHash);
    assert(known !== null, 'channel C is asked after the first judgement');
    const host = this.record(model, hostPublicKey);
    if (known.isAttributed) {
      const { verdict, reasons } = known;
      return { verdict, reasons, table: this.state(model), host };
    }
    const { invalidMicro, suspectMicro } = manifest.thresholds;
    const { peakMicro, endMicro, recipe } = attributed;
    const settled = peakMicro >= suspectMicro ? withoutReach(known) : known;
    const monitor = confirmed(this.monitor(model), differenceOf(known, settled));
    const table = tableState(monitor, this.#bounds);
    const before = this.#suspicion(model, hostPublicKey);
    const grown = reason === 'lot' ? updateWealth(before, endMicro) : before;
    const crossed = grown.wealthMicro >= invalidMicro && before.wealthMicro < invalidMicro;
    const what = crossed ? `${grown.audits} answers together` : 'this answer';
    const message = `${what}: ${recipe} fits e^${(peakMicro / 1e6).toFixed(1)} better`;
    const said =
      crossed || peakMicro >= invalidMicro
        ? accuse({ code: 'verify/attribution', message }, table)
        : { verdict: known.verdict, reasons: known.reasons };
    this.#store.batch((batch) => {
      batch.put(monitorKey(model), encode(monitor));
      batch.put(auditKey(commitmentHash), encode({ ...settled, ...said, isAttributed: true }));
      batch.put(suspicionKey(model, hostPublicKey), encode(crossed ? restarted(grown) : grown));
    });
    return { ...said, table, host };
  }

  /**
   * The host did cheat here: a second judge convicted the same answer, or channel C named the model
   * that made it. The evidence no longer counts against the table. Unknown answers change nothing.
   */
  confirm(commitmentHash: Uint8Array): void {
    const entry = this.#audit(commitmentHash);
    if (entry === null || !entry.reach.includes(true)) return;
    const model = bytesFromHex(entry.model);
    const after = confirmed(this.monitor(model), entry.reach);
    this.#store.batch((batch) => {
      batch.put(monitorKey(model), encode(after));
      batch.put(auditKey(commitmentHash), encode(withoutReach(entry)));
    });
  }

  /** @param model id, 32 bytes */
  state(model: Uint8Array): TableState {
    return tableState(this.monitor(model), this.#bounds);
  }

  monitor(model: Uint8Array): ShadowMonitor {
    return this.#read<ShadowMonitor>(monitorKey(model)) ?? NEW_MONITOR;
  }

  record(model: Uint8Array, hostPublicKey: Uint8Array): HostRecord {
    return this.#host(model, hostPublicKey);
  }

  #host(model: Uint8Array, hostPublicKey: Uint8Array): HostEntry {
    return this.#read<HostEntry>(hostKey(model, hostPublicKey)) ?? NEW_ENTRY;
  }

  #suspicion(model: Uint8Array, hostPublicKey: Uint8Array): HostRecord {
    return this.#read<HostRecord>(suspicionKey(model, hostPublicKey)) ?? NEW_HOST;
  }

  #audit(commitmentHash: Uint8Array): AuditEntry | null {
    return this.#read<AuditEntry>(auditKey(commitmentHash));
  }

  /** What this class wrote; nobody else writes here. */
  #read<T>(key: Uint8Array): T | null {
    const bytes = this.#store.get(key);
    return bytes === null ? null : (JSON.parse(utf8FromBytes(bytes)!) as T);
  }
}

const MONITOR = bytesFromUtf8('monitor/');
const HOST = bytesFromUtf8('host/');
const SUSPICION = bytesFromUtf8('suspicion/');
const AUDIT = bytesFromUtf8('audit/');

const monitorKey = (model: Uint8Array) => concatBytes(MONITOR, model);
const hostKey = (model: Uint8Array, host: Uint8Array) => concatBytes(HOST, model, host);
const suspicionKey = (model: Uint8Array, host: Uint8Array) => concatBytes(SUSPICION, model, host);
const auditKey = (commitmentHash: Uint8Array) => concatBytes(AUDIT, commitmentHash);
const encode = (value: unknown) => bytesFromUtf8(encodeCanonicalJson(value));

function withoutReach(entry: AuditEntry): AuditEntry {
  return { ...entry, reach: entry.reach.map(() => false) };
}

/** What `settled` no longer counts against the table. */
function differenceOf(entry: AuditEntry, settled: AuditEntry): boolean[] {
  return entry.reach.map((one, width) => one && !settled.reach[width]);
}

interface Grounds {
  readonly table: TableState;
  readonly before: HostRecord;
  readonly grown: HostRecord;
  readonly width: number;
}

type Said = Pick<Ruling, 'verdict' | 'reasons'>;

/** What evidence, table and record allow to be said. */
function rule({ judged, manifest }: Audit, { table, before, grown, width }: Grounds): Said {
  const { invalidMicro, suspectMicro } = manifest.thresholds;
  const peak = judged.statistics!.evidence.widePeaksMicro[width]!;
  const crossed = grown.wealthMicro >= invalidMicro && before.wealthMicro < invalidMicro;
  // A token that no rounding explains is still a statement about machines, and waits for the table.
  const impossible = judged.reasons.find((one) => one.code === 'verify/impossible');
  const accusation = impossible ?? evidenceReason(judged, peak >= invalidMicro);
  const record: Reason | null = crossed
    ? { code: 'verify/record', message: `${grown.audits} answers together: ${nats(grown)}` }
    : null;
  const found = accusation ?? record;
  if (found !== null) return accuse(found, table);
  if (peak < suspectMicro) return { verdict: 'valid', reasons: [] };
  const message = `evidence e^${(peak / 1e6).toFixed(1)}`;
  return { verdict: 'abstain', reasons: [{ code: 'verify/suspect', message }] };
}

/** Only a table that may convict accuses. */
function accuse(found: Reason, table: TableState): Said {
  if (table.kind === 'convict') return { verdict: 'invalid', reasons: [found] };
  const why = table.kind === 'shadow' ? 'in shadow mode' : 'withdrawn';
  const message = `${found.code}, but the table is ${why}`;
  return { verdict: 'abstain', reasons: [{ code: 'verify/shadow', message }] };
}

function evidenceReason({ reasons, statistics }: Judged, convicts: boolean): Reason | null {
  if (!convicts) return null;
  const { peakMicro, leading } = statistics!.evidence;
  const message = `evidence e^${(peakMicro / 1e6).toFixed(1)} (${leading})`;
  return (
    reasons.find((one) => one.code === 'verify/evidence') ?? { code: 'verify/evidence', message }
  );
}

const nats = ({ wealthMicro }: HostRecord) => `e^${(wealthMicro / 1e6).toFixed(1)}`;

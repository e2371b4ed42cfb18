/**
 * Judges of simulated signers: the honest one runs the model. Lazy and copying ones want the pay without
 * the work, each in one way; what they say is always "valid", the answer most hosts deserve. The accusing
 * one wants the bonds of hosts.
 */
import {
  decodeReceiptChunk,
  decodeSketchPart,
  encodeReceiptChunk,
  type Receipt,
} from '@assay/jobs';
import {
  contractsOf,
  engineJudge,
  type Finding,
  type JudgePort,
  type NodePort,
  type Scoring,
} from '@assay/signer';
import { DEFAULT_BOUNDS, JudgeBook } from '@assay/verify';
import type { SimWorld } from '@assay/world/sim';
import { judgeEngine } from './engines.ts';
import type { SimAssay } from './network.ts';

export type JudgeKind =
  /** Runs the model. */
  | 'honest'
  /** Runs it on a slow machine: every answer takes `SLOW_JUDGE_MS`. */
  | 'slow'
  /** Never runs it: commits to a sketch out of thin air. */
  | 'lazy'
  /** Has no model: says nothing about anything. */
  | 'absent'
  /** Calls everything false, and runs nothing. */
  | 'accusing'
  /** Waits until the host has opened, and shows the host's sketch as its own. */
  | 'copying';

const POLL_MS = 10;
/** Virtual time a slow judge takes for one answer. */
export const SLOW_JUDGE_MS = 30_000;

export function judgeOf(
  kind: JudgeKind,
  sim: SimAssay,
  world: SimWorld,
  node: NodePort,
): JudgePort {
  const { chainId, bootAddress } = sim.node.chainstate.network;
  const { receipts } = contractsOf(bootAddress);
  // No shadow time: a scenario has no thousand honest answers to begin with.
  const bounds = { ...DEFAULT_BOUNDS, auditsMin: 0 };
  const openBook = () => new JudgeBook(sim.disk.open(world, 'judge-book'), bounds);
  const confirm = () => undefined;
  const honest = () => {
    const models = [{ manifest: sim.manifest, engine: judgeEngine() }];
    return engineJudge({ chainId, models, book: openBook() });
  };
  switch (kind) {
    case 'honest':
      return honest();
    case 'slow': {
      const judge = honest();
      return {
        score: async (...answer) => {
          await world.timers.sleep(SLOW_JUDGE_MS);
          return judge.score(...answer);
        },
        judgeSession: (answer) => judge.judgeSession(answer),
        confirm: (...evidence) => judge.confirm(...evidence),
      };
    }
    case 'lazy':
      return {
        score: async (_request, receipt) =>
          pretence(world.random.bytes(5 * receipt.commitment.outputTokens)),
        judgeSession: async () => PRETENDED,
        confirm,
      };
    case 'absent':
      return engineJudge({ chainId, models: [], book: openBook() });
    case 'accusing':
      return { score: async () => ACCUSED, judgeSession: async () => ACCUSED, confirm };
    case 'copying':
      return {
        score: async (_request, receipt) => pretence(await copied(receipt)),
        judgeSession: async () => PRETENDED,
        confirm,
      };
  }

  /** The host's own sketch, as soon as anybody can have it. */
  async function copied(receipt: Receipt): Promise<Uint8Array> {
    for (;;) {
      for (const slot of await node.writtenSlots(receipts)) {
        const chunk = await node.chunk(receipts, slot);
        const list = chunk === null ? null : decodeReceiptChunk(chunk.data);
        const found = list?.ok ? list.value.find((one) => isSame(one, receipt)) : undefined;
        if (found === undefined || found.sketchHash === null) continue;
        const bytes = await node.content(found.sketchHash, null);
        const part = bytes === null ? null : decodeSketchPart(bytes);
        if (part?.ok) return part.value.sketch;
      }
      await world.timers.sleep(POLL_MS);
    }
  }
}

function isSame(a: Receipt, b: Receipt): boolean {
  const bytes = (one: Receipt) => encodeReceiptChunk([{ ...one, sketchHash: null }]);
  return bytes(a).every((byte, i) => byte === bytes(b)[i]);
}

const ACCUSED: Finding = { verdict: 'invalid', reason: 'made up', endMicro: null };
const PRETENDED: Finding = { verdict: 'valid', reason: '', endMicro: 0 };

function pretence(sketch: Uint8Array): Scoring {
  return {
    sketch,
    conclude: async () => PRETENDED,
    withheld: () => PRETENDED,
    isForeign: () => false,
  };
}

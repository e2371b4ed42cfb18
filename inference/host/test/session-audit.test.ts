/** What judges of a session claim get from the host's door, and what the judge makes of it. */
import { bytesToHex, concatBytes, utf8FromBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { FakeEngine } from '@assay/engine';
import {
  type Claim,
  type ClaimLine,
  claimHash,
  commitmentHash,
  decodeClaimLine,
  receiptsRoot,
} from '@assay/jobs';
import { MemoryStore } from '@assay/store';
import { judge } from '@assay/verify';
import type { HttpResponse } from '@assay/world';
import { nodeWorld } from '@assay/world/node';
import { describe, expect, it } from 'vitest';
import { SessionBook } from '../src/index.ts';
import { JobBook } from '../src/job-book.ts';
import { type Ask, allLines, CHAIN_ID, HOST_PUBLIC, SessionScene } from './session-scene.ts';

async function bodyOf(response: HttpResponse): Promise<Uint8Array> {
  let body = response.body;
  for await (const piece of response.stream ?? []) body = concatBytes(body, piece);
  return body;
}

/** Says that it runs the model that was asked for, and runs another. */
class Cheat extends FakeEngine {
  readonly #other = new FakeEngine({ weights: 2 });

  override generate(...task: Parameters<FakeEngine['generate']>) {
    return this.#other.generate(...task);
  }

  override embed(inputs: readonly string[]) {
    return this.#other.embed(inputs);
  }
}

/** Answers all questions and claims for them. */
async function claimed(asks: readonly Ask[], engine = new FakeEngine()) {
  const scene = new SessionScene(nodeWorld(), new MemoryStore(), engine);
  for (const ask of asks) await allLines(await scene.post(ask));
  const book = new SessionBook(scene.store);
  const records = [...book.requests(1n, 0n, BigInt(asks.length))];
  const hashes = records.map(({ end }) => commitmentHash(end!.commitment));
  const claim: Claim = {
    sessionId: 1n,
    from: 0n,
    to: BigInt(asks.length),
    amountMicro: 1n,
    receiptsRoot: receiptsRoot(hashes),
  };
  await book.putClaim(claimHash(claim), { claim, txid: new Uint8Array(32) });
  return { scene, path: `/sessions/claims/${bytesToHex(claimHash(claim))}` };
}

function linesOf(body: Uint8Array): ClaimLine[] {
  const lines = utf8FromBytes(body)!.trimEnd().split('\n');
  return lines.map((text) => {
    const line = decodeClaimLine(1n, text);
    if (!line.ok) throw new Error(line.error.message);
    return line.value;
  });
}

const SCHEMA = {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
  additionalProperties: false,
};

const ASKS: readonly Ask[] = [
  { maxTokens: 80 },
  { maxTokens: 5 },
  { maxTokens: 80, constraint: '{"stop":["."]}' },
  { maxTokens: 80, constraint: JSON.stringify({ schema: SCHEMA }) },
  {
    maxTokens: 20,
    prompt: { content: { text: 'Once upon a time' }, prefixIds: [300, 301] },
  },
  { maxTokens: 1, prompt: { content: { input: 'Once upon a time' }, prefixIds: [] } },
];

/** The judge with an engine of its own, over what the door hands out. */
async function judgeAll({ scene, path }: Awaited<ReturnType<typeof claimed>>) {
  const lines = linesOf(await bodyOf(await scene.audit(path)));
  const content = new JobBook(scene.store);
  return Promise.all(
    lines.map(async (line) => {
      const { request, constraint, commitment, hostSignature, sketchHash } = line;
      const prompt = await scene.audit(`/prompts/${bytesToHex(request.promptHash)}`);
      return judge(
        {
          chainId: CHAIN_ID,
          request,
          constraint,
          commitment,
          hostSignature,
          hostPublicKey: HOST_PUBLIC,
          beaconBurnHash: request.beacon,
          transcript: content.content(commitment.transcriptHash),
          sketch: content.content(sketchHash),
          promptBlob: await bodyOf(prompt),
          manifest: scene.manifest,
        },
        new FakeEngine(),
      );
    }),
  );
}

describe('an audited answer of a session', () => {
  it('is valid when it was made as agreed: to its end, to a stop text, to a schema', async () => {
    const judged = await judgeAll(await claimed(ASKS));
    expect(judged.map(({ reasons }) => reasons)).toEqual(ASKS.map(() => []));
    expect(judged.map(({ verdict }) => verdict)).toEqual(ASKS.map(() => 'valid'));
  });

  it('is valid when it was cut off behind a prefix that its schema goes on from', async () => {
    const prefixIds = new FakeEngine().tokenize('{"ok"');
    const prompt = { content: { text: 'Is it so?' }, prefixIds };
    const constraint = JSON.stringify({ schema: SCHEMA });
    const [judged] = await judgeAll(await claimed([{ maxTokens: 80, constraint, prompt }]));
    expect(judged).toMatchObject({ verdict: 'valid', reasons: [] });
  });

  it('is invalid when another model made it', async () => {
    const [judged] = await judgeAll(await claimed([{ maxTokens: 200 }], new Cheat()));
    expect(judged!.verdict).toBe('invalid');
  });

  it('is invalid when another model made its embedding', async () => {
    const ask = { maxTokens: 1, prompt: { content: { input: 'a river' }, prefixIds: [] } };
    const [judged] = await judgeAll(await claimed([ask], new Cheat()));
    expect(judged).toMatchObject({
      verdict: 'invalid',
      reasons: [{ code: 'verify/embedding' }],
    });
  });
});

describe('what passed in a session', () => {
  it.each([
    ['nobody', null, 401],
    ['a stranger', sha256(new Uint8Array(1)), 403],
  ])('is not shown to %s', async (_who, key, status) => {
    const { scene, path } = await claimed([{ maxTokens: 5 }]);
    const { promptHash } = linesOf(await bodyOf(await scene.audit(path)))[0]!.request;
    expect((await scene.audit(path, key)).status).toBe(status);
    expect((await scene.audit(`/prompts/${bytesToHex(promptHash)}`, key)).status).toBe(status);
  });
});

/**
 * The devnet's first question: asked as any user would ask it, followed step by step, shown, and
 * called verified only after `verifyAnswer` has checked it from the chain up.
 */
import { bytesToHex } from '@assay/bytes';
import type { Genesis } from '@assay/chainstate';
import { Cv } from '@assay/clarity-value';
import { DEVNET } from '@assay/params';
import type { InferResult } from '@assay/proof';
import { parsePrivateKey } from '@assay/wallet';
import { bitcoindSource } from '../bitcoin-node.ts';
import { trustedNetwork } from '../genesis-file.ts';
import { ask, inferResult } from '../inference.ts';
import type { NodeApi } from '../node-api.ts';
import { showAnswer } from '../show-answer.ts';
import { bold, green, red } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { must } from '../wallet-result.ts';
import { devnetAccount } from './accounts.ts';
import type { Progress } from './progress.ts';

const ASKER = 'wallet_1';
const MAX_FEE_MICRO = 100_000n;
const MAX_TOKENS = 96;
const TEMPERATURE_MICRO = 700_000;
const POLL_MS = 100;
/** Between looks for a host that serves. */
const WAIT_MS = 100;

export interface FirstQuestion {
  readonly node: NodeApi;
  readonly progress: Progress;
  readonly genesis: Genesis;
  /** With user and password. */
  readonly bitcoinUrl: string;
  readonly question: string;
  readonly signal: AbortSignal;
}

/** @returns the transaction of the verified answer; null when there is none */
export async function askFirstQuestion(options: FirstQuestion): Promise<string | null> {
  const { progress, question, signal } = options;
  const txid = await send(options);
  if (txid === null) return null;
  progress.say('request', `${bold(question)} asked by ${ASKER}, transaction 0x${txid}`);
  const result = await follow(options, txid);
  if (result === null || signal.aborted) return null;
  progress.plain(showAnswer(result));
  if (result.status !== 'Success') return null;
  return (await verify(options, txid)) ? txid : null;
}

/** The first registered model once a host serves it; null when somebody stopped us. */
async function servedModel({ node, signal }: FirstQuestion): Promise<string | null> {
  const { bootAddress } = DEVNET;
  while (!signal.aborted) {
    try {
      const model = await node.callReadOnly(`${bootAddress}.models`, 'get-model-by-index', [
        Cv.uint(0),
      ]);
      if (model.type === 'some' && model.value.type === 'buffer') {
        const hosts = await node.callReadOnly(`${bootAddress}.hosts`, 'get-model-hosts', [
          model.value,
        ]);
        if (hosts.type === 'list' && hosts.items.length > 0) return bytesToHex(model.value.value);
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
    await new Promise((done) => setTimeout(done, WAIT_MS));
  }
  return null;
}

async function send(options: FirstQuestion): Promise<string | null> {
  const model = await servedModel(options);
  if (model === null) return null;
  return ask(options.node, {
    prompt: options.question,
    context: '',
    key: must(parsePrivateKey(devnetAccount(ASKER).privateKey)),
    feeMicro: null,
    nonce: null,
    maxFeeMicro: MAX_FEE_MICRO,
    maxTokens: MAX_TOKENS,
    temperatureMicro: TEMPERATURE_MICRO,
    model,
  });
}

/** Tells each step once, until the request is closed. */
async function follow(options: FirstQuestion, txid: string): Promise<InferResult | null> {
  const { node, progress, signal } = options;
  let told = '';
  let verdicts = 0;
  while (!signal.aborted) {
    const result = await inferResult(node, txid).catch(() => null);
    await new Promise((done) => setTimeout(done, POLL_MS));
    if (result === null) continue;
    if (result.receipt != null && told === '') {
      told = 'answered';
      const { output_tokens, commitment_hash } = result.receipt;
      const host = result.inference_node_id;
      progress.say('answer', `${output_tokens} tokens by ${host}, commitment ${commitment_hash}`);
    }
    const now = result.verdicts ?? [];
    if (now.length > verdicts) {
      verdicts = now.length;
      const each = now.map(({ signer_index, verdict }) => `signer ${signer_index} ${verdict}`);
      progress.say('verdicts', each.join(', '));
    }
    if (result.status === 'Success' || result.status === 'Failure') return result;
  }
  return null;
}

async function verify(options: FirstQuestion, txid: string): Promise<boolean> {
  const { node, genesis, bitcoinUrl, progress } = options;
  // Loaded now and not at the start: nobody waits for it.
  const { verifyAnswer } = await import('@assay/proof');
  const { ok, checks } = await verifyAnswer(node, txid, {
    trusted: trustedNetwork(genesis),
    bitcoin: bitcoindSource(bitcoinUrl),
  });
  const failed = checks.filter((check) => check.ok === false);
  const done = checks.filter((check) => check.ok === true).length;
  if (ok) {
    const secs = progress.elapsedSecs().toFixed(1);
    progress.plain(
      green(`\n  verified: ${done} checks from the chain up, ${secs} s after the start\n`),
    );
    return true;
  }
  progress.plain(red('\n  The answer does not stand up to the checks:'));
  for (const { what, detail } of failed) progress.plain(red(`    ${what}: ${detail}`));
  return false;
}

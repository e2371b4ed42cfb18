/**
 * The devnet's first question: asked as any user would ask it, followed step by step, shown, and
 * called verified only after `verifyAnswer` has checked it from the chain up.
 */
import type { Genesis } from '@assay/chainstate';
import { parsePrivateKey } from '@assay/wallet';
import type { InferResult } from '../infer-result.ts';
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
/** Asked before a host is ready, the chain refuses; then it is asked again. */
const RETRY_MS = 300;

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

async function send({ node, question, signal }: FirstQuestion): Promise<string | null> {
  const key = must(parsePrivateKey(devnetAccount(ASKER).privateKey));
  while (!signal.aborted) {
    try {
      return await ask(node, {
        prompt: question,
        context: '',
        key,
        feeMicro: null,
        nonce: null,
        maxFeeMicro: MAX_FEE_MICRO,
        maxTokens: MAX_TOKENS,
        temperatureMicro: TEMPERATURE_MICRO,
        model: null,
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!['cli/node-unreachable', 'cli/no-model', 'cli/node-error'].includes(error.code)) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  return null;
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
  const { verifyAnswer } = await import('../verify-answer.ts');
  const { ok, checks } = await verifyAnswer(node, txid, { genesis, bitcoinUrl });
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

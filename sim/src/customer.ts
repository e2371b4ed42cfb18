/**
 * A customer of a gateway: an API key, and OpenAI's chat endpoint. Gateways of a network share one
 * ledger, so the key is good at each of them.
 */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { keyOf, type Ledger } from '@assay/gateway';
import type { SimWorld } from '@assay/world/sim';
import { gatewayUrl } from './places.ts';

const KEY = `sk-assay-${'5'.repeat(64)}`;
const TIMEOUT_MS = 90_000;

export interface Chat {
  readonly status: number;
  readonly text: string;
  /** Names the receipt. */
  readonly requestId: string;
  /** Micro-STX. */
  readonly costMicro: bigint;
}

export function openAccount(ledger: Ledger): Promise<unknown> {
  return ledger.createKey(keyOf(KEY, 'key_sim', { name: 'simulation' }));
}

/** @param index of the gateway */
export async function chat(world: SimWorld, prompt: string, index = 0): Promise<Chat> {
  const body = { model: 'default', messages: [{ role: 'user', content: prompt }], max_tokens: 60 };
  const answer = await world.net.fetch(`${gatewayUrl(index)}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: bytesFromUtf8(JSON.stringify(body)),
    timeoutMs: TIMEOUT_MS,
  });
  const json = JSON.parse(utf8FromBytes(answer.body) ?? '');
  return {
    status: answer.status,
    text: json.choices?.[0]?.message?.content ?? json.error?.message ?? '',
    requestId: answer.headers['x-request-id'] ?? '',
    costMicro: BigInt(json.usage?.cost_micro_stx ?? 0),
  };
}

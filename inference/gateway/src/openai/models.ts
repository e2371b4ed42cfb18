/** Models as `/v1/models` lists them, with live prices; and the price list by host. */

import type { SessionPrices } from '@assay/jobs';
import type { ModelOffer } from '../chain-port.ts';

/** STX per token, as decimal text. */
function stx(micro: bigint): string {
  const text = micro.toString().padStart(7, '0');
  return `${text.slice(0, -6)}.${text.slice(-6)}`.replace(/\.?0+$/, '') || '0';
}

function pricingOf({ inputMicro, cachedMicro, outputMicro }: SessionPrices) {
  return {
    prompt: stx(inputMicro),
    input_cache_read: stx(cachedMicro),
    completion: stx(outputMicro),
    unit: 'STX per token',
  };
}

function cheapest(model: ModelOffer): SessionPrices | null {
  const prices = model.hosts.map((host) => host.prices);
  const least = (of: (one: SessionPrices) => bigint) =>
    prices.map(of).reduce((a, b) => (a < b ? a : b));
  if (prices.length === 0) return null;
  return {
    inputMicro: least((one) => one.inputMicro),
    cachedMicro: least((one) => one.cachedMicro),
    outputMicro: least((one) => one.outputMicro),
  };
}

export function modelJson(model: ModelOffer) {
  const prices = cheapest(model);
  return {
    id: model.name,
    object: 'model',
    created: 0,
    owned_by: 'assay',
    manifest: model.id,
    context_length: model.contextTokens,
    hosts: model.hosts.length,
    // The weakest of those that may answer.
    assurance:
      model.hosts
        .map(({ assurance }) => assurance)
        .sort()
        .at(-1) ?? null,
    pricing: prices === null ? null : pricingOf(prices),
  };
}

export function priceList(models: readonly ModelOffer[]) {
  return {
    object: 'list',
    data: models.flatMap((model) =>
      model.hosts.map(({ host, endpoint, capacity, assurance, prices }) => ({
        model: model.name,
        manifest: model.id,
        host,
        endpoint,
        capacity,
        assurance,
        ...pricingOf(prices),
        micro_stx: {
          input: String(prices.inputMicro),
          cached: String(prices.cachedMicro),
          output: String(prices.outputMicro),
        },
      })),
    ),
  };
}

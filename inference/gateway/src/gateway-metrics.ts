/** What an operator watches, for Prometheus: requests, waits, tokens, money, hosts that failed. */
import { Metrics } from '@assay/observe';
import type { Usage } from './openai/answer.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export class GatewayMetrics {
  readonly #registry = new Metrics();
  readonly #requests = this.#registry.counter(
    'gateway_requests_total',
    'Requests, by path and status',
  );
  readonly #head = this.#registry.histogram(
    'gateway_head_seconds',
    'From a request to the head of its answer; of a stream, to its first token',
    SECONDS,
  );
  readonly #tokens = this.#registry.counter('gateway_tokens_total', 'Tokens, by kind');
  readonly #cost = this.#registry.counter('gateway_cost_micro_stx_total', 'What answers cost');
  readonly #faults = this.#registry.counter('gateway_host_faults_total', 'Hosts failed, by code');

  gauge(name: string, help: string, read: () => number): void {
    this.#registry.gaugeFrom(name, help, read);
  }

  /** @param path one of ours, or `other`: callers must not choose labels */
  answered(path: string, status: number, ms: number): void {
    this.#requests.add(1, { path, status: String(status) });
    if (status === 200) this.#head.observe(ms / 1000, { path });
  }

  used({ promptTokens, cachedTokens, outputTokens, costMicro }: Usage): void {
    this.#tokens.add(promptTokens - cachedTokens, { kind: 'input' });
    this.#tokens.add(cachedTokens, { kind: 'cached' });
    this.#tokens.add(outputTokens, { kind: 'output' });
    this.#cost.add(Number(costMicro));
  }

  hostFailed(code: string): void {
    this.#faults.add(1, { code });
  }

  render(): string {
    return this.#registry.render();
  }
}

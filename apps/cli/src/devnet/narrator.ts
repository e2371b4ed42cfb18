/** Turns what the watcher sees into lines for a person; in quiet times only what somebody did. */

import { formatStx, type RequestJson } from '@assay/proof';
import type { Transaction } from '@assay/wire';
import { dim } from '../terminal.ts';
import type { Progress } from './progress.ts';
import type { WatchedBlock, WatchListener } from './watcher.ts';

const HASH_SHOWN = 16;

function transactionWord({ payload }: Transaction): string {
  switch (payload.kind) {
    case 'infer':
      return 'infer';
    case 'contract-call':
      return `${payload.contract.contractName} ${payload.functionName}`;
    case 'token-transfer':
      return 'transfer';
    case 'smart-contract':
    case 'versioned-smart-contract':
      return `deploy ${payload.contractName}`;
    default:
      return payload.kind;
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export class Narrator implements WatchListener {
  readonly #progress: Progress;
  readonly #isQuiet: () => boolean;
  readonly #signers: number;

  constructor(progress: Progress, isQuiet: () => boolean, signers: number) {
    this.#progress = progress;
    this.#isQuiet = isQuiet;
    this.#signers = signers;
  }

  nodeUp(height: number): void {
    const where = height === 0 ? 'waits for its first tenure' : `goes on from block ${height}`;
    if (!this.#isQuiet()) this.#progress.say('node', `answers, ${where}`);
  }

  bitcoin(height: number): void {
    if (!this.#isQuiet()) this.#progress.say('bitcoin', `height ${height}`);
  }

  block(block: WatchedBlock): void {
    const { height, isTenureStart, consensusHash, signatures, transactions } = block;
    if (this.#isQuiet() && transactions.length === 0) return;
    const tenure = isTenureStart ? `, opens tenure ${consensusHash.slice(0, HASH_SHOWN)}` : '';
    const words = transactions.map(transactionWord).join(', ');
    const signed = dim(`signed by ${signatures} of ${this.#signers}`);
    this.#progress.say('block', `${height} ${signed}${tenure}${words === '' ? '' : `: ${words}`}`);
  }

  hosts(count: number, models: number): void {
    const text = `${plural(count, 'host')} registered, ${plural(models, 'model')}`;
    this.#progress.say('hosts', text);
  }

  request(request: RequestJson): void {
    const { id, status, executor, max_fee, result } = request;
    const name = `${id} ${status}`;
    if (status === 'open') {
      const escrow = formatStx(BigInt(max_fee));
      this.#progress.say('request', `${name}: ${escrow} in escrow, drawn to ${executor}`);
    } else if (status === 'settled') {
      const paid = formatStx(BigInt(result?.paid ?? '0'));
      this.#progress.say('request', `${name}: ${paid} paid to ${executor}`);
    } else {
      this.#progress.warn('request', `${name}: ${formatStx(BigInt(max_fee))} back to the user`);
    }
  }
}

/** Signers and hosts may be started before their node: they wait for it and say so once. */
import type { Logger } from '@assay/observe';
import type { NodeApi } from './node-api.ts';
import { UserError } from './user-error.ts';

const POLL_MS = 200;

/** @returns the chain id, once the node answers; SIGINT and SIGTERM end the process meanwhile */
export async function waitForNode(node: NodeApi, log: Logger): Promise<number> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return (await node.info()).network_id;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (isFirst) log.info('waiting for the node', { node: node.url });
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Resolves when the chain has a block of this height. */
export async function waitForHeight(node: NodeApi, height: number): Promise<void> {
  for (;;) {
    const info = await node.info().catch((error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    });
    if (info !== null && info.stacks_tip_height >= height) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

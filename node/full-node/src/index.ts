/** Builds and wires a node. */
export { FullNode, type FullNodeDeps } from './full-node.ts';
export type { FullNodeOptions, MinerSettings, ObserverSettings } from './options.ts';

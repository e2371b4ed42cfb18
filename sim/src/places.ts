/** Where the processes of a simulated network listen: the devnet's ports on one machine. */
export const BITCOIN_PORT = 18_443;
export const NODE_PORT = 20_443;

export const BITCOIN_URL = `http://127.0.0.1:${BITCOIN_PORT}`;
export const NODE_URL = `http://127.0.0.1:${NODE_PORT}`;

export const signerPort = (index: number): number => 30_000 + index;
export const hostPort = (index: number): number => 8_000 + index;
export const hostUrl = (index: number): string => `http://127.0.0.1:${hostPort(index)}`;
export const gatewayPort = (index: number): number => 9_000 + index;
export const gatewayUrl = (index: number): string => `http://127.0.0.1:${gatewayPort(index)}`;

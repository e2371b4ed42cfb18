/**
 * Every bound and default of this room. Consensus numbers are Bitcoin's for regtest; policy numbers
 * are bitcoind's defaults, so that what is accepted here is accepted there.
 * Source: Bitcoin Core kernel/chainparams.cpp, consensus/consensus.h, policy/policy.h, policy/rbf.h.
 */
export const LIMITS = {
  /** How often eager mining looks for a waiting transaction, milliseconds. */
  eagerPollMs: 100,
  /** Least time between two eager blocks, milliseconds. */
  eagerPauseMs: 500,
  /** Blocks until a coinbase output can be spent. */
  coinbaseMaturity: 100,
  /** Blocks between halvings of the subsidy on regtest (210,000 on mainnet). */
  halvingInterval: 150,
  /** A block's time must exceed the median of this many blocks before it. */
  medianTimeBlocks: 11,
  /** A block's time may lie this far in the future. */
  futureBlockSecs: 7_200,
  /** Weight left for the header and the coinbase when a block is filled. */
  blockReservedWeight: 8_000,

  /** Satoshi per 1,000 vbytes below which nothing is relayed, and by which a replacement must pay more. */
  relayFeePerKvbSats: 1_000n,
  /** Satoshi per 1,000 vbytes that define dust. */
  dustFeePerKvbSats: 3_000n,
  /** Weight of one standard transaction. */
  standardWeightMax: 400_000,
  /** Bytes of a standard transaction without its witness: smaller ones collide with inner Merkle nodes. */
  standardBytesMin: 65,
  /** Bytes of a standard scriptSig. */
  scriptSigBytesMax: 1_650,
  /** Bytes of a standard OP_RETURN script: opcode, push, 80 bytes. */
  dataScriptBytesMax: 83,
  /** A transaction and its unconfirmed ancestors, and its descendants: how many, how large. */
  packageCountMax: 25,
  packageVbytesMax: 101_000,
  /** Transactions one replacement may push out. */
  replacementEvictionsMax: 100,
  /** All mempool transactions together; the cheapest leave, and entry gets dearer, beyond. */
  mempoolVbytesMax: 50_000_000,

  /** Default bound of `sendrawtransaction`: 0.10 BTC per 1,000 vbytes. */
  clientFeePerKvbSatsMax: 10_000_000n,
  /** Fee rate of our wallet when nothing is known: satoshi per 1,000 vbytes. */
  walletFeePerKvbSats: 10_000n,
  /** Scripts one wallet may hold. */
  walletScriptsMax: 100_000,
  walletNameCharsMax: 64,

  /** Blocks one `generatetoaddress` may mine; a longer run is several calls. */
  blocksPerCallMax: 10_000,
  /** Blocks mined before their writes are made durable together. */
  blocksPerCommit: 256,
  /** Transactions whose scripts are remembered as verified. */
  verifiedScriptsMax: 20_000,
  /** Blocks looked at for a fee estimate. */
  feeEstimateBlocks: 12,

  /** Bytes of one HTTP request. A 4 MB block in hex fits. */
  requestBytesMax: 16_000_000,
  /** Calls in one JSON-RPC batch. */
  batchCallsMax: 1_000,
  /** Lets the answer to `stop` leave before the server closes. */
  stopDelayMs: 50,
  /** Longest `waitfornewblock` and its kin, also when asked to wait for ever. */
  waitMsMax: 60_000,
} as const;

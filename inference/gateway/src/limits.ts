/** Bounds of the gateway: what a caller may send, what it may hold, how long anything may wait. */
export const LIMITS = {
  /** Request body, bytes. */
  bodyBytesMax: 4 * 1024 * 1024,
  /** Messages of one conversation. */
  messagesMax: 2_048,
  /** Answers to one question. */
  choicesMax: 8,
  /** Stop texts, and characters of one. */
  stopMax: 4,
  stopCharsMax: 256,
  /** Tools of one request; characters of one name; bytes of all definitions as JSON. */
  toolsMax: 128,
  toolNameCharsMax: 64,
  toolsBytesMax: 131_072,
  /** Bytes of a JSON Schema for the answer. */
  schemaBytesMax: 65_536,
  /** Likeliest tokens reported per position, as in the OpenAI API. */
  topLogprobsMax: 20,
  /** Prompts in one call of /v1/completions; inputs in one call of /v1/embeddings. */
  promptsMax: 16,
  inputsMax: 256,
  /** Answer tokens when the caller names no limit, and the most it may name. */
  defaultMaxTokens: 1_024,
  maxTokensMax: 32_768,
  /** Tokens that a template puts around the messages of a prompt, at most; for estimates of price. */
  templateTokensMax: 64,
  /** Characters of a header that identifies a request or routes it. */
  headerCharsMax: 256,
  /** Requests under way on one gateway; more are told 503. */
  requestsMax: 1_024,
  /** Ended requests that the ledger has not taken yet; beyond it new ones are told 503. */
  unwrittenMax: 4_096,
  /** Milliseconds to wait after the ledger failed. */
  ledgerRetryMs: 1_000,
  /** Answer tokens of a session that may wait, together, for a voucher; hosts stop at 256. */
  unpaidTokensMax: 64,
  /** Milliseconds a payment may wait for others, to go out in one voucher with them. */
  voucherDelayMs: 20,
  /** Hosts tried for one answer. */
  attemptsMax: 4,
  /** Milliseconds a host has to begin an answer, and to send the next piece of one. */
  hostHeadMs: 20_000,
  hostIdleMs: 60_000,
  /** Milliseconds any short call to a host or a node may take. */
  callTimeoutMs: 10_000,
  /** Bytes of one streamed answer of a host. */
  hostStreamBytesMax: 64 * 1024 * 1024,
  /** Bytes of one line of it. */
  hostLineBytesMax: 1024 * 1024,
  /** Milliseconds a host that failed is left alone; doubled each time up to the second figure. */
  hostRestMs: 2_000,
  hostRestMsMax: 60_000,
  /** Milliseconds the list of hosts and prices is believed. */
  hostsFreshMs: 10_000,
  /** Milliseconds the newest Bitcoin block is believed. */
  beaconFreshMs: 2_000,
  /** Milliseconds a lease on a session (or on being alive) lasts, and how often it is renewed. */
  leaseMs: 15_000,
  leaseRenewMs: 4_000,
  /** Milliseconds to wait for a session to be opened or topped up on chain. */
  openTimeoutMs: 60_000,
  /** Milliseconds after which an opening that no node knows of is given up. */
  openForgetMs: 600_000,
  /** Milliseconds until a session that the chain did not let close is tried again. */
  closeRetryMs: 600_000,
  /** Milliseconds between looks at requests that dead gateways left, and at sessions to be closed. */
  sweepMs: 5_000,
  /** Milliseconds a looked-up API key is believed: revoking takes at most that long. */
  keyFreshMs: 5_000,
  /** API keys remembered by one gateway. */
  keysRememberedMax: 10_000,
  /** Milliseconds between `: keep-alive` comments on a silent event stream. */
  keepAliveMs: 15_000,
  /** Characters of a key's name. */
  keyNameCharsMax: 64,
  /** Bytes of a payment header, decoded. */
  paymentBytesMax: 8_192,
  /** Milliseconds a payment may take to be mined. */
  paymentTimeoutMs: 60_000,
} as const;

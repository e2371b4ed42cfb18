/** Answers of `/v2/infer_res/{txid}` in every state, in the shape that node/rpc gives them. */
import type { InferResult, PlaceJson, RequestJson } from '@assay/proof';

const hex = (digit: string, bytes = 32) => digit.repeat(2 * bytes);
const TXID = hex('1');

const OPENED: PlaceJson = {
  event: 'request-opened',
  txid: TXID,
  block_id: hex('2'),
  block_height: 7,
  tenure_consensus_hash: hex('3', 20),
  burn_block_height: 108,
  burn_block_hash: hex('4'),
  signatures: 3,
};

const REQUEST: RequestJson = {
  id: 1,
  status: 'open',
  user: 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
  model: hex('5'),
  max_fee: '100000',
  opened_at: 108,
  expires_at: 120,
  executor: 'ST2FYS2R6HR2C30T7XVWD2N81EYNA3Q17NFXS7Q2K',
  executor_endpoint: 'http://127.0.0.1:8000',
  host_key: hex('6', 33),
  beacon: hex('4'),
  request_hash: hex('7'),
  opened: OPENED,
  closed: null,
  result: null,
};

const RECEIPT = {
  commitment_hash: hex('8'),
  transcript_hash: hex('9'),
  finish: 'stop',
  prompt_tokens: 19,
  output_tokens: 20,
};

const EMPTY = {
  txid: TXID,
  status: 'NotFound',
  input: '',
  output: '',
  output_hash: '',
  inference_node_id: '',
  create_time: 0,
  request_id: null,
  receipt: null,
  verdicts: [],
  is_verified: false,
  error: null,
} as const satisfies InferResult;

const IN_PROGRESS = {
  ...EMPTY,
  status: 'InProgress',
  input: 'Is the Earth round?',
  inference_node_id: REQUEST.executor,
  request_id: 1,
  request: REQUEST,
} as const satisfies InferResult;

const CLOSED: PlaceJson = {
  ...OPENED,
  event: 'request-settled',
  txid: hex('a'),
  block_id: hex('b'),
  block_height: 9,
};

const RESULT = {
  ...RECEIPT,
  output_hash: hex('c'),
  verdict: 'valid' as const,
  cycle: 0,
  weight: '3',
  total_weight: '3',
  paid: '1190',
  closed_at: 108,
};

const VERDICTS = [2, 0, 1].map((signer_index) => ({
  signer_index,
  cycle_parity: 0,
  verdict: 'valid' as const,
  signature: hex('d', 65),
}));

export const SAMPLES = {
  notFound: EMPTY,
  created: { ...EMPTY, status: 'Created', input: 'Is the Earth round?' },
  inProgress: IN_PROGRESS,
  answered: { ...IN_PROGRESS, receipt: RECEIPT },
  success: {
    ...IN_PROGRESS,
    status: 'Success',
    output: 'It is nearly a sphere.\n\nA little wider at the equator.',
    request: { ...REQUEST, status: 'settled', closed: CLOSED, result: RESULT },
    receipt: RECEIPT,
    verdicts: VERDICTS,
    is_verified: true,
  },
  rejected: {
    ...IN_PROGRESS,
    status: 'Failure',
    output: 'The Earth is flat.',
    request: {
      ...REQUEST,
      status: 'rejected',
      closed: { ...CLOSED, event: 'request-rejected' },
      result: { ...RESULT, verdict: 'invalid', paid: '0' },
    },
    receipt: RECEIPT,
    verdicts: VERDICTS.map((entry) => ({ ...entry, verdict: 'invalid' as const })),
    error: 'the signers found the answer false; the fee went back to the user',
  },
  expired: {
    ...IN_PROGRESS,
    status: 'Failure',
    request: { ...REQUEST, status: 'expired', closed: { ...CLOSED, event: 'request-expired' } },
    error: 'no answer by the deadline; the fee went back to the user',
  },
  aborted: { ...EMPTY, status: 'Failure', error: 'the transaction opened no inference request' },
} as const satisfies Record<string, InferResult>;

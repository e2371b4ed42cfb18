/**
 * The panel a person sees about one request: the question, the answer, where both stand on chain and
 * on Bitcoin, who vouched for it and what it cost. Reads what the node says and checks nothing
 * (that is `assay verify`). Texts of others lose their control characters before they reach a terminal.
 */
import {
  formatStx,
  type InferResult,
  type PlaceJson,
  type RequestJson,
  type VerdictJson,
} from '@assay/proof';
import { bold, columns, cyan, dim, green, red, wrap, yellow } from './terminal.ts';

const TEXT_WIDTH = 92;
/** As requests on chain number it. */
const SEALED = 2;

type Row = readonly [key: string, value: string];

/** Line breaks, tabs, and the joiners that scripts and emoji need. */
const KEPT = new Set(['\n', '\t', '\u200c', '\u200d']);

/** A stranger's text without what a terminal would obey: controls, escapes, direction marks. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (KEPT.has(sign) ? sign : ''));
}

function paragraphs(text: string, indent: string): string {
  return harmless(text)
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? indent.trimEnd() : wrap(line, TEXT_WIDTH, indent)))
    .join('\n');
}

function placeRows(name: string, place: PlaceJson | null | undefined): Row[] {
  if (place === null || place === undefined) return [];
  const signed = place.signatures === 1 ? '1 signature' : `${place.signatures} signatures`;
  return [
    [`${name} block`, `${place.block_height}  ${dim(`id ${place.block_id}, ${signed}`)}`],
    [`${name} tenure`, place.tenure_consensus_hash],
    [`${name} Bitcoin`, `${place.burn_block_height}  ${dim(place.burn_block_hash)}`],
  ];
}

const VERDICT_COLOUR = { valid: green, invalid: red, abstain: yellow, committed: dim } as const;

function verdictText(entry: VerdictJson): string {
  const reason = entry.reason === undefined ? '' : ` (${harmless(entry.reason)})`;
  return `signer ${entry.signer_index} ${VERDICT_COLOUR[entry.verdict](entry.verdict)}${reason}`;
}

function verdictRow(result: InferResult): Row[] {
  const verdicts = [...(result.verdicts ?? [])].sort((a, b) => a.signer_index - b.signer_index);
  const closed = result.request?.result;
  const weight =
    closed == null ? '' : dim(`  weight ${closed.weight} of ${closed.total_weight} on chain`);
  if (verdicts.length === 0 && closed == null) return [];
  const each = verdicts.map(verdictText).join(', ');
  return [['verdicts', `${each === '' ? (closed?.verdict ?? '') : each}${weight}`]];
}

function costText(request: RequestJson): string {
  const escrow = BigInt(request.max_fee);
  if (request.status === 'open') return `at most ${formatStx(escrow)}, held until the answer`;
  const paid = BigInt(request.result?.paid ?? '0');
  const refunded = formatStx(escrow - paid);
  if (paid === 0n) return `nothing; ${refunded} refunded`;
  return `${formatStx(paid)} paid to the host, ${refunded} refunded`;
}

function answerRows(result: InferResult): Row[] {
  const rows: Row[] = [['transaction', `0x${result.txid.replace(/^0x/, '')}`]];
  const { request, receipt } = result;
  if (request == null) return rows;
  rows.push(...placeRows('request', request.opened));
  rows.push(['host', `${request.executor}  ${dim(harmless(request.executor_endpoint ?? ''))}`]);
  rows.push(['model', request.model]);
  if (receipt != null) {
    const end = receipt.finish === 'stop' ? 'ended by the model' : 'ended by the limit';
    rows.push([
      'tokens',
      `${receipt.prompt_tokens} of prompt, ${receipt.output_tokens} of answer  ${dim(end)}`,
    ]);
  }
  rows.push(['cost', costText(request)]);
  rows.push(...verdictRow(result));
  if (receipt != null) rows.push(['commitment', receipt.commitment_hash]);
  if (request.closed !== null) {
    rows.push(['settlement', `0x${request.closed.txid}`]);
    rows.push(...placeRows('settled in', request.closed));
  }
  return rows;
}

/** What a status means, in a sentence; empty for `Success`, where the answer speaks. */
function statusSentence(result: InferResult): string {
  switch (result.status) {
    case 'Success':
      return '';
    case 'Created':
      return yellow('The request waits to be mined; nothing has been paid yet.');
    case 'InProgress':
      return yellow(
        result.receipt == null
          ? 'The request is on chain; its host has not answered yet.'
          : 'The host has answered; the signers are checking the answer.',
      );
    case 'NotFound':
      return red('The node knows no request with this transaction id.');
    case 'Failure':
      return `${red('No answer:')} ${harmless(result.error ?? 'no reason was given')}.`;
  }
}

/** The money of a failed request; the reason itself is in `statusSentence`. */
function failureSentence(result: InferResult): string {
  const { request } = result;
  if (request == null) {
    return 'No request was opened, so nothing went into escrow; a transaction that was mined keeps its fee.';
  }
  return `The ${formatStx(BigInt(request.max_fee))} in escrow went back to ${request.user}; the host was paid nothing.`;
}

/** Several lines without a newline at the end; plain text when the output is no terminal. */
export function showAnswer(result: InferResult): string {
  const parts: string[] = [''];
  if (result.input !== '') parts.push(bold(paragraphs(result.input, '  ')), '');
  // A false answer is no answer: it is not shown.
  if (result.status === 'Success') {
    const missing =
      result.request?.privacy === SEALED
        ? '(sealed: whoever asked can open it, with --key or --account)'
        : '(the node no longer has the text; only its hash is on chain)';
    parts.push(
      result.output === '' ? `  ${yellow(missing)}` : paragraphs(result.output, `  ${cyan('|')} `),
      '',
    );
  } else {
    parts.push(`  ${statusSentence(result)}`);
    if (result.status === 'Failure') parts.push(`  ${failureSentence(result)}`);
    parts.push('');
  }
  parts.push(columns(answerRows(result)));
  return parts.join('\n');
}

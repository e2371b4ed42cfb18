/**
 * Why a signer or a node refuses a proposed block: the short code that older signers read and the
 * full reason added later.
 * Source: libsigner/src/v0/messages.rs RejectCode, RejectReason; postblock_proposal.rs.
 */
import { assert, type ByteReader, type ByteWriter } from '@assay/bytes';

/** What a node's validation found, in the names of its JSON replies; the index is the wire's byte. */
export const VALIDATE_REJECT_CODES = [
  'BadBlockHash',
  'BadTransaction',
  'InvalidBlock',
  'ChainstateError',
  'UnknownParent',
  'NonCanonicalTenure',
  'NoSuchTenure',
  'InvalidTransactionReplay',
  'InvalidParentBlock',
  'InvalidTimestamp',
  'NetworkChainMismatch',
  'NotFoundError',
  'ProblematicTransaction',
] as const;

export type ValidateRejectCode = (typeof VALIDATE_REJECT_CODES)[number];

/** Index is the wire's byte; the first six are also the old reject codes. */
const REASONS = [
  'validation-failed',
  'connectivity-issues',
  'rejected-in-prior-round',
  'no-sortition-view',
  'sortition-view-mismatch',
  'testing-directive',
  'reorg-not-allowed',
  'invalid-bitvec',
  'pubkey-hash-mismatch',
  'invalid-miner',
  'not-latest-sortition-winner',
  'invalid-parent-block',
  'duplicate-block-found',
  'invalid-tenure-extend',
  'irrecoverable-pubkey-hash',
  'no-signer-consensus',
  'consensus-hash-mismatch',
  'problematic-transactions',
] as const;

type ReasonName = (typeof REASONS)[number];
type PlainReason = Exclude<ReasonName, 'validation-failed' | 'consensus-hash-mismatch'>;

const OLD_CODES = 6;
const NOT_REJECTED = 255;

export type RejectReason =
  | { readonly kind: PlainReason | 'not-rejected' }
  | { readonly kind: 'validation-failed'; readonly code: ValidateRejectCode }
  | {
      readonly kind: 'consensus-hash-mismatch';
      /** 20 bytes each. */
      readonly expected: Uint8Array;
      readonly actual: Uint8Array;
    }
  /** A reason of a newer signer. */
  | { readonly kind: 'unknown'; readonly code: number };

/** What signers before the full reasons understand. */
export type RejectCode =
  | { readonly kind: 'validation-failed'; readonly code: ValidateRejectCode }
  | {
      readonly kind:
        | 'connectivity-issues'
        | 'rejected-in-prior-round'
        | 'no-sortition-view'
        | 'sortition-view-mismatch'
        | 'testing-directive';
    };

function readValidateCode(reader: ByteReader): ValidateRejectCode {
  const id = reader.u8();
  return VALIDATE_REJECT_CODES[id] ?? reader.fail('wire/reject-code', `validation code ${id}`);
}

export function writeRejectCode(writer: ByteWriter, code: RejectCode): void {
  writer.u8(REASONS.indexOf(code.kind));
  if (code.kind === 'validation-failed') writer.u8(VALIDATE_REJECT_CODES.indexOf(code.code));
}

/** @throws DecodeError wire/reject-code */
export function readRejectCode(reader: ByteReader): RejectCode {
  const id = reader.u8();
  if (id >= OLD_CODES) reader.fail('wire/reject-code', `unknown reject code ${id}`);
  const kind = REASONS[id] as RejectCode['kind']; // The first six names are exactly those kinds.
  if (kind === 'validation-failed') return { kind, code: readValidateCode(reader) };
  return { kind };
}

/** The code that older signers are told for a reason. */
export function rejectCodeOf(reason: RejectReason): RejectCode {
  switch (reason.kind) {
    case 'validation-failed':
      return reason;
    case 'connectivity-issues':
    case 'rejected-in-prior-round':
    case 'no-sortition-view':
    case 'testing-directive':
      return { kind: reason.kind };
    default:
      return { kind: 'sortition-view-mismatch' };
  }
}

export function writeRejectReason(writer: ByteWriter, reason: RejectReason): void {
  switch (reason.kind) {
    case 'not-rejected':
      writer.u8(NOT_REJECTED);
      return;
    case 'unknown':
      assert(reason.code > REASONS.length - 1 && reason.code < NOT_REJECTED, 'code has a name');
      writer.u8(reason.code);
      return;
    case 'validation-failed':
      writer.u8(0).u8(VALIDATE_REJECT_CODES.indexOf(reason.code));
      return;
    case 'consensus-hash-mismatch':
      writer.u8(REASONS.indexOf(reason.kind)).raw(reason.expected).raw(reason.actual);
      return;
    default:
      writer.u8(REASONS.indexOf(reason.kind));
  }
}

/** Unknown codes are kept: newer signers may have more to say. */
export function readRejectReason(reader: ByteReader): RejectReason {
  const id = reader.u8();
  if (id === NOT_REJECTED) return { kind: 'not-rejected' };
  const kind = REASONS[id];
  if (!kind) return { kind: 'unknown', code: id };
  if (kind === 'validation-failed') return { kind, code: readValidateCode(reader) };
  if (kind !== 'consensus-hash-mismatch') return { kind };
  return { kind, expected: reader.take(20), actual: reader.take(20) };
}

/**
 * Sealing to people: HPKE (RFC 9180, base mode) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
 * AES-256-GCM, from `@hpke/core`. A content key is wrapped to every recipient; bodies are encrypted
 * under keys derived from it, one per purpose, so that each key encrypts one message only.
 *
 * Box of a sealed prompt (the prompt blob of a privacy-2 request), big-endian:
 * ```
 * u8 version 1 | u16 n | n x (recipient key 32 | encapsulated key 32 | wrapped content key 48)
 * | ciphertext of the prompt blob, 16 bytes longer than it
 * ```
 * `info` of every wrap names chain and user, so that a box copied into another user's request opens
 * for nobody. Box of anything else (transcript, sketch part, opening): `u8 version 1 | ciphertext`.
 */
import { ByteWriter, bytesEqual, bytesFromUtf8, concatBytes, ok, type Result } from '@assay/bytes';
import { sha256, x25519PublicKey } from '@assay/crypto';
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519';
import { LIMITS } from './limits.ts';
import { decodeWith, type JobsRejection, reject } from './reject.ts';

export const SEAL_KEY_BYTES = 32;

/** An X25519 key pair, 32 bytes each. The secret half is for `openSealedPrompt` only. */
export interface SealKeyPair {
  readonly publicKey: Uint8Array;
  /** Secret. */
  readonly secret: Uint8Array;
}

export interface SealContext {
  readonly chainId: number;
  /** Principal text of the request's user. */
  readonly user: string;
}

export interface SealedPrompt {
  readonly recipients: readonly Uint8Array[];
  readonly wraps: readonly { readonly encapsulated: Uint8Array; readonly wrapped: Uint8Array }[];
  readonly ciphertext: Uint8Array;
}

/** The prompt and the key that opens everything else of the request. */
export interface OpenedPrompt {
  readonly blob: Uint8Array;
  /** 32 bytes. Secret. */
  readonly contentKey: Uint8Array;
}

const VERSION = 1;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 48;
const WRAP_TAG = bytesFromUtf8('assay-seal-v1');
const BODY_TAG = bytesFromUtf8('assay-body-v1');
const KEY_TAG = bytesFromUtf8('assay-seal-key-v1');
const NO_AAD = new Uint8Array(0);
/** Every derived key encrypts one message, so the nonce may be constant. */
const NONCE = new Uint8Array(12);

const kem = new DhkemX25519HkdfSha256();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** WebCrypto wants bytes that own their buffer. */
const owned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/**
 * The seal key that belongs to another secret: hosts and signers need no further file.
 * @param secret 32 bytes, e.g. a signing key
 */
export function sealSecretOf(secret: Uint8Array): Uint8Array {
  return sha256(concatBytes(KEY_TAG, secret));
}

/** @param secret 32 bytes, e.g. of `sealSecretOf`: the X25519 private key itself */
export function sealKeyPair(secret: Uint8Array): SealKeyPair {
  return { secret, publicKey: x25519PublicKey(secret) };
}

function infoOf({ chainId, user }: SealContext): Uint8Array {
  return new ByteWriter(64).raw(WRAP_TAG).u32(chainId).raw(bytesFromUtf8(user)).finish();
}

/**
 * Seals a prompt blob.
 * @param recipients seal keys, 32 bytes each: executors, judges, the user himself
 * @param random source of 32 bytes: the content key, then one ephemeral key per recipient
 * @throws RangeError with no recipients or too many, or a recipient's key that is no point
 */
export async function sealPrompt(
  blob: Uint8Array,
  recipients: readonly Uint8Array[],
  context: SealContext,
  random: (size: number) => Uint8Array,
): Promise<{ readonly box: Uint8Array; readonly contentKey: Uint8Array }> {
  if (recipients.length === 0 || recipients.length > LIMITS.sealRecipientsMax) {
    throw new RangeError(`${recipients.length} recipients, 1 to ${LIMITS.sealRecipientsMax}`);
  }
  const contentKey = random(32);
  const ciphertext = await encrypt(bodyKey(contentKey, 'prompt', NO_AAD), blob);
  const writer = new ByteWriter(3 + 112 * recipients.length + ciphertext.length);
  writer.u8(VERSION).u16(recipients.length);
  for (const recipient of recipients) {
    const recipientPublicKey = await kem.deserializePublicKey(owned(recipient));
    const info = owned(infoOf(context));
    const ekm = owned(random(32));
    const { enc, ct } = await suite.seal({ recipientPublicKey, info, ekm }, owned(contentKey));
    writer.raw(recipient).raw(new Uint8Array(enc)).raw(new Uint8Array(ct));
  }
  return { box: writer.raw(ciphertext).finish(), contentKey };
}

/** The box's parts; who may open it is public. */
export function decodeSealedPrompt(box: Uint8Array): Result<SealedPrompt, JobsRejection> {
  return decodeWith(box, LIMITS.promptBytesMax, (reader) => {
    const version = reader.u8();
    if (version !== VERSION) return reader.fail('jobs/malformed', `box version ${version}`);
    const count = reader.u16();
    if (count === 0 || count > LIMITS.sealRecipientsMax) {
      return reader.fail('jobs/field', `${count} recipients`);
    }
    const recipients: Uint8Array[] = [];
    const wraps: SealedPrompt['wraps'][number][] = [];
    for (let i = 0; i < count; i++) {
      recipients.push(reader.take(SEAL_KEY_BYTES));
      wraps.push({ encapsulated: reader.take(32), wrapped: reader.take(WRAPPED_BYTES) });
    }
    if (reader.remaining < TAG_BYTES) return reader.fail('jobs/malformed', 'no ciphertext');
    return { recipients, wraps, ciphertext: reader.take(reader.remaining) };
  });
}

/** True when the box names this key among its recipients. */
export function isRecipient({ recipients }: SealedPrompt, publicKey: Uint8Array): boolean {
  return recipients.some((one) => bytesEqual(one, publicKey));
}

/** @rejects jobs/malformed, jobs/field, jobs/too-large, jobs/not-recipient, jobs/sealed-otherwise */
export async function openSealedPrompt(
  box: Uint8Array,
  keys: SealKeyPair,
  context: SealContext,
): Promise<Result<OpenedPrompt, JobsRejection>> {
  const decoded = decodeSealedPrompt(box);
  if (!decoded.ok) return decoded;
  const { recipients, wraps, ciphertext } = decoded.value;
  const index = recipients.findIndex((one) => bytesEqual(one, keys.publicKey));
  if (index < 0) return reject('jobs/not-recipient', 'the prompt is not sealed to this key');
  const { encapsulated, wrapped } = wraps[index]!;
  try {
    const recipientKey = await kem.deserializePrivateKey(owned(keys.secret));
    const params = { recipientKey, enc: owned(encapsulated), info: owned(infoOf(context)) };
    const contentKey = new Uint8Array(await suite.open(params, owned(wrapped)));
    const blob = await decrypt(bodyKey(contentKey, 'prompt', NO_AAD), ciphertext);
    return ok({ blob, contentKey });
  } catch {
    return reject('jobs/sealed-otherwise', 'the box was sealed for another user or is damaged');
  }
}

/** What a request's content key protects beside the prompt. */
export interface SealScope {
  /** Of the prompt, 32 bytes. Secret. */
  readonly contentKey: Uint8Array;
  readonly requestHash: Uint8Array;
  /** Operating key of the host whose answer it is: fallbacks answer under keys of their own. */
  readonly hostKey: Uint8Array;
}

export type SealPurpose = 'transcript' | 'sketch' | 'opening';

/** Makes output hash and ids root unguessable for whoever lacks the content key; 32 bytes. */
export function blindingOf({ contentKey, requestHash, hostKey }: SealScope): Uint8Array {
  return bodyKey(contentKey, 'blinding', concatBytes(requestHash, hostKey));
}

/** @param author whose message it is when several have one: a judge's signing key */
export async function sealBody(
  scope: SealScope,
  purpose: SealPurpose,
  body: Uint8Array,
  author: Uint8Array = NO_AAD,
): Promise<Uint8Array> {
  const ciphertext = await encrypt(scopedKey(scope, purpose, author), body);
  return new ByteWriter(1 + ciphertext.length).u8(VERSION).raw(ciphertext).finish();
}

/** Null when it was not sealed under this scope, for this purpose, by this author. */
export async function openBody(
  scope: SealScope,
  purpose: SealPurpose,
  box: Uint8Array,
  author: Uint8Array = NO_AAD,
): Promise<Uint8Array | null> {
  if (box.length < 1 + TAG_BYTES || box[0] !== VERSION) return null;
  try {
    return await decrypt(scopedKey(scope, purpose, author), box.subarray(1));
  } catch {
    return null;
  }
}

function scopedKey(
  { contentKey, requestHash, hostKey }: SealScope,
  purpose: SealPurpose,
  author: Uint8Array,
): Uint8Array {
  return bodyKey(contentKey, purpose, concatBytes(requestHash, hostKey, author));
}

/** The content key is uniform and every field before the last has a fixed length or a terminator. */
function bodyKey(contentKey: Uint8Array, purpose: string, rest: Uint8Array): Uint8Array {
  return sha256(concatBytes(BODY_TAG, contentKey, bytesFromUtf8(`${purpose}\0`), rest));
}

async function encrypt(key: Uint8Array, body: Uint8Array): Promise<Uint8Array> {
  const context = new Aes256Gcm().createEncryptionContext(owned(key));
  return new Uint8Array(await context.seal(owned(NONCE), owned(body), owned(NO_AAD)));
}

async function decrypt(key: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array> {
  const context = new Aes256Gcm().createEncryptionContext(owned(key));
  return new Uint8Array(await context.open(owned(NONCE), owned(ciphertext), owned(NO_AAD)));
}

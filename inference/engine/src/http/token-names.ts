/** How a server names candidates: by id (`token_id:17`), or by text, of which ids must be found. */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { EngineError } from '../engine.ts';
import type { Tokenizer } from '../tokenizer.ts';

const BY_ID = /^token_id:(\d{1,9})$/;

export class TokenNames {
  readonly #tokenizer: Tokenizer | null;
  /** Spelling in hex to id; null where several tokens spell alike. */
  #spelled: ReadonlyMap<string, number | null> | null = null;
  #byId = false;

  constructor(tokenizer: Tokenizer | null) {
    this.#tokenizer = tokenizer;
  }

  /** The last name was an id. */
  get byId(): boolean {
    return this.#byId;
  }

  /** @throws EngineError engine/unsupported when a text is no token's, or several tokens' */
  idOf(name: string): number {
    const match = BY_ID.exec(name);
    this.#byId = match !== null;
    if (match !== null) return Number(match[1]);
    this.#spelled ??= spellings(this.#tokenizer);
    const id = this.#spelled.get(bytesToHex(bytesFromUtf8(name)));
    if (id !== undefined && id !== null) return id;
    const why = id === null ? 'several tokens spell' : 'no token spells';
    throw new EngineError(
      'engine/unsupported',
      `the server names candidates by text, and ${why} ${JSON.stringify(name.slice(0, 20))}`,
    );
  }
}

function spellings(tokenizer: Tokenizer | null): ReadonlyMap<string, number | null> {
  const found = new Map<string, number | null>();
  for (const [id, piece] of (tokenizer?.pieces() ?? []).entries()) {
    if (piece.length === 0) continue;
    const key = bytesToHex(piece);
    found.set(key, found.has(key) ? null : id);
  }
  return found;
}

/**
 * What a server's engine must be told, because no server can be asked for it: the model's own tokenizer,
 * template and hash, and how it computes. With a tokenizer here, prompts leave as ids and ids come back;
 * a server that reads text differently is found when the engine is opened.
 */
import type { ChatMessage, ChatTemplate, NumericProfile } from '@assay/jobs';
import type { EngineCapabilities, EngineInfo, EngineKind } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { type Tokenizer, templateIds } from '../tokenizer.ts';

export interface RemoteModel {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** 64 hex digits. */
  readonly weightsSha256: string;
  readonly profile: NumericProfile;
}

/** Nothing can be done; probes raise what they find. */
export const NO_CAPABILITIES: EngineCapabilities = {
  topCandidatesMax: 0,
  ownSampler: false,
  tokenIds: false,
  teacherForcing: false,
  scoringCost: 'none',
  seeds: false,
  parallelSequences: 1,
  embeddings: false,
  constraints: false,
  toolCalls: false,
  prefixReuse: false,
};

const NO_HASH = '0'.repeat(64);

export function remoteInfo(
  kind: EngineKind,
  model: RemoteModel | null,
  found: { readonly contextTokens: number; readonly capabilities: EngineCapabilities },
): EngineInfo {
  const tokenizer = model?.tokenizer ?? null;
  const frame = { before: '', after: '' };
  return {
    kind,
    profile: model?.profile ?? UNKNOWN_PROFILE,
    weightsSha256: model?.weightsSha256 ?? NO_HASH,
    tokenizerSha256: tokenizer?.sha256 ?? NO_HASH,
    template: model?.template ?? { begin: false, system: frame, user: frame, assistant: frame },
    vocabularySize: tokenizer?.vocabularySize ?? 0,
    beginId: tokenizer?.beginId ?? 0,
    eosIds: tokenizer?.eosIds ?? [],
    ...found,
  };
}

const UNKNOWN_PROFILE: NumericProfile = {
  engineClass: 'unknown',
  weights: 'unknown',
  activations: 'unknown',
  keyValueCache: 'unknown',
  flashAttention: false,
};

/** The text half of an engine whose tokenizer may be missing. */
export class RemoteText {
  readonly #model: RemoteModel | null;
  readonly #kind: EngineKind;

  constructor(kind: EngineKind, model: RemoteModel | null) {
    this.#kind = kind;
    this.#model = model;
  }

  tokenize(text: string, special = false): readonly number[] {
    return this.#need().tokenizer.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    return this.#need().tokenizer.detokenize(ids);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    const { tokenizer, template } = this.#need();
    return templateIds(tokenizer, template, messages);
  }

  #need(): RemoteModel {
    if (this.#model !== null) return this.#model;
    throw new EngineError('engine/unsupported', `${this.#kind} was opened without a tokenizer`);
  }
}

/** Text that tokenizers disagree about when they are not the same. */
export const TOKENIZER_PROBE = 'The quick brown fox, Zażółć 東京 🚀 {"a": [1, 23.5]}\n\n  x';

/** @throws EngineError engine/unavailable when the server reads text otherwise */
export function sameTokens(ours: readonly number[], theirs: readonly number[]): void {
  if (ours.length === theirs.length && ours.every((id, i) => id === theirs[i])) return;
  throw new EngineError(
    'engine/unavailable',
    'the server reads text as other tokens: it runs another model than the file given here',
  );
}

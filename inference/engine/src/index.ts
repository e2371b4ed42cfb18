export { compileConstraint } from './constraint/index.ts';
export { deriveTemplate, type JinjaTemplate } from './derive-template.ts';
export {
  answerRoom,
  type Candidate,
  type ConstraintState,
  type Embeddings,
  type Engine,
  type EngineCapabilities,
  EngineError,
  type EngineErrorCode,
  type EngineInfo,
  type EngineKind,
  type GenerateOptions,
  type Generation,
  type JsonSchema,
  type NativeAnswer,
  type NativeOptions,
  type ScoreOptions,
  type TokenScore,
  type TokenSet,
} from './engine.ts';
export { FakeEngine, type FakeEngineOptions } from './fake.ts';
export { type Draw, drawGmV1, gumbel, orderCandidates, type ScoredCandidate } from './gm-v1.ts';
export { expGm, lnGm } from './gm-v1-math.ts';
export { type CompletionsOptions, openCompletionsServer } from './http/completions.ts';
export { type LlamaServerOptions, openLlamaServer } from './http/llama-server.ts';
export { type OllamaOptions, openOllama } from './http/ollama.ts';
export type { RemoteModel } from './http/remote-model.ts';
export {
  type HuggingFaceModel,
  type ReadModelFile,
  readHuggingFaceModel,
  vllmProfile,
} from './hugging-face.ts';
export { ENGINE_LIMITS } from './limits.ts';
export {
  DEFAULT_THRESHOLDS,
  type DescribeOptions,
  describeModel,
  engineMismatch,
} from './manifest.ts';
export { allowedSets } from './own-sampling.ts';
export { StopStrings } from './stop-strings.ts';
export { TextStream } from './text-stream.ts';
export { type Tokenizer, templateIds } from './tokenizer.ts';
export {
  forcedCallSchema,
  readForcedCall,
  type ToolCall,
  ToolCallStream,
  type ToolChoice,
  type ToolDefinition,
  type ToolTurn,
  toolMessages,
} from './tools.ts';

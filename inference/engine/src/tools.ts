/** Tools as the OpenAI API names them: functions a model may ask its caller to run. */

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; an object. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** `required`: some tool; a name: that tool. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolCall {
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/**
 * From a model's Jinja chat template to the frames of a manifest. The template is rendered for a few
 * conversations of marked texts; what stands between the marks are the frames. Then the frames are
 * held against the template on further conversations, and a template that says anything else anywhere
 * (dates, counting, other text for a last turn) is refused rather than approximated. ChatML, Llama 2
 * and 3, Gemma, Mistral, Phi, Zephyr, Vicuna and their kin pass.
 *
 * Not seen by marks: many templates trim what people wrote; frames never do.
 */

import { type ChatMessage, type ChatTemplate, renderTemplate } from '@assay/jobs';
import { Template } from '@huggingface/jinja';
import { EngineError } from './engine.ts';

export interface JinjaTemplate {
  readonly source: string;
  /** Text of the begin-of-text token; empty when there is none. */
  readonly beginText: string;
  readonly endText: string;
  /** Whether the tokenizer puts the begin token in front by itself. */
  readonly addBegin: boolean;
}

/** @throws EngineError engine/unsupported, with what could not be put into frames */
export function deriveTemplate(jinja: JinjaTemplate): ChatTemplate {
  const render = renderer(jinja);
  const template = readFrames(jinja, render);
  for (const messages of CONVERSATIONS) {
    const expected = tryRender(render, messages);
    if (expected === null) continue;
    const ours = renderTemplate(template, messages).map(({ text }) => text);
    if (withoutBegin(jinja, expected) !== ours.join('')) {
      const roles = messages.map(({ role }) => role).join(', ');
      throw refusal(`a conversation of ${roles} is written differently`);
    }
  }
  return template;
}

type Render = (messages: readonly ChatMessage[], prompt?: boolean) => string;

const system = (content: string): ChatMessage => ({ role: 'system', content });
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const [SYSTEM, FIRST, REPLY, SECOND] = ['MARKsystem', 'MARKfirst', 'MARKreply', 'MARKsecond'];

/** What the frames must reproduce: more turns than they were read from. */
const CONVERSATIONS: readonly (readonly ChatMessage[])[] = [
  [user('one')],
  [system('be brief'), user('one')],
  [user('one'), assistant('two'), user('three')],
  [system('be brief'), user('one'), assistant('two'), user('three')],
  [user('one'), assistant('two'), user('three'), assistant('four'), user('five')],
  [
    system('x'),
    user('1'),
    assistant('2'),
    user('3'),
    assistant('4'),
    user('5'),
    assistant('6'),
    user('7'),
  ],
];

/** Without a clock: a prompt that says today's date would be another prompt tomorrow. */
function renderer({ source, beginText, endText }: JinjaTemplate): Render {
  let template: Template;
  try {
    template = new Template(source.replaceAll('strftime_now', 'no_clock'));
  } catch (error) {
    throw refusal(`its template does not parse: ${reasonOf(error)}`);
  }
  return (messages, prompt = true) =>
    template.render({
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: prompt,
      bos_token: beginText,
      eos_token: endText,
    });
}

function readFrames(jinja: JinjaTemplate, render: Render): ChatTemplate {
  const one = tryRender(render, [user(FIRST)]);
  if (one === null) throw refusal('it does not take a single user message');
  const [head, tail] = around(one, FIRST);
  const [, userAfter] = around(must(render, [user(FIRST)], false), FIRST);
  const answer = afterPrefix(tail, userAfter, 'the text before an answer');
  const turns = must(render, [user(FIRST), assistant(REPLY), user(SECOND)]);
  const toReply = turns.slice(turns.indexOf(FIRST) + FIRST.length, turns.indexOf(REPLY));
  const assistantBefore = afterPrefix(toReply, userAfter, 'the text before an earlier answer');
  const between = turns.slice(turns.indexOf(REPLY) + REPLY.length, turns.indexOf(SECOND));
  const closed = must(render, [user(FIRST), assistant(REPLY)], false);
  const assistantAfter = closed.slice(closed.indexOf(REPLY) + REPLY.length);
  const userBefore = afterPrefix(between, assistantAfter, 'the text between two turns');
  const lead = beforeSuffix(head, userBefore, 'the text before the first message');
  const silent = withoutBegin(jinja, lead);
  return {
    begin: jinja.addBegin || beginsWithToken(jinja, lead),
    ...readSystem(jinja, render, { userBefore, silent }),
    user: { before: userBefore, after: userAfter },
    assistant: { before: assistantBefore, after: assistantAfter },
    ...(answer === assistantBefore ? {} : { answer }),
  };
}

type SystemParts = Pick<ChatTemplate, 'system' | 'defaultSystem' | 'foldSystem'>;
const NO_FRAME = { before: '', after: '' };

/** @param silent what a conversation without a system message begins with */
function readSystem(
  jinja: JinjaTemplate,
  render: Render,
  { userBefore, silent }: { readonly userBefore: string; readonly silent: string },
): SystemParts {
  const rendered = tryRender(render, [system(SYSTEM), user(FIRST)]);
  if (rendered === null) {
    // The template refuses system messages; their makers advise to put the text before the question.
    if (silent !== '') throw refusal('it begins with text of its own');
    return { system: NO_FRAME, foldSystem: { before: '', after: '\n\n' } };
  }
  if (!rendered.includes(SYSTEM)) throw refusal('it drops system messages');
  const [start, rest] = around(rendered, SYSTEM);
  const before = withoutBegin(jinja, start);
  const toUser = rest.slice(0, rest.indexOf(FIRST));
  if (toUser.endsWith(userBefore) && (userBefore !== '' || !before.includes(userBefore))) {
    const after = toUser.slice(0, toUser.length - userBefore.length);
    const frame = { before, after };
    return { system: frame, ...readDefault(frame, silent) };
  }
  if (!before.startsWith(userBefore)) throw refusal('its system message fits no frame');
  if (silent !== '') throw refusal('it begins with text of its own');
  return {
    system: NO_FRAME,
    foldSystem: { before: before.slice(userBefore.length), after: toUser },
  };
}

function readDefault(
  frame: { readonly before: string; readonly after: string },
  silent: string,
): { readonly defaultSystem?: string } {
  if (silent === '') return {};
  const inner = afterPrefix(silent, frame.before, 'its default system message');
  return { defaultSystem: beforeSuffix(inner, frame.after, 'its default system message') };
}

function tryRender(render: Render, messages: readonly ChatMessage[]): string | null {
  try {
    return render(messages);
  } catch {
    return null;
  }
}

function must(render: Render, messages: readonly ChatMessage[], prompt = true): string {
  try {
    return render(messages, prompt);
  } catch (error) {
    throw refusal(reasonOf(error));
  }
}

function around(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0 || text.indexOf(mark, at + 1) >= 0) {
    throw refusal('it does not write a message exactly once');
  }
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function afterPrefix(text: string, prefix: string, what: string): string {
  if (!text.startsWith(prefix)) throw refusal(`${what} fits no frame`);
  return text.slice(prefix.length);
}

function beforeSuffix(text: string, suffix: string, what: string): string {
  if (!text.endsWith(suffix)) throw refusal(`${what} fits no frame`);
  return text.slice(0, text.length - suffix.length);
}

function beginsWithToken({ beginText }: JinjaTemplate, text: string): boolean {
  return beginText !== '' && text.startsWith(beginText);
}

function withoutBegin(jinja: JinjaTemplate, text: string): string {
  return beginsWithToken(jinja, text) ? text.slice(jinja.beginText.length) : text;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refusal(why: string): EngineError {
  return new EngineError('engine/unsupported', `the model's chat template cannot be used: ${why}`);
}

/** Tools in the text of a conversation, and calls taken out of an answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forcedCallSchema,
  readForcedCall,
  ToolCallStream,
  type ToolDefinition,
  toolMessages,
} from '../src/index.ts';

const WEATHER: ToolDefinition = {
  name: 'weather',
  description: 'The weather of a place.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
};
const CLOCK: ToolDefinition = { name: 'clock' };
const ask = { role: 'user', content: 'Will it rain in Oslo?' } as const;

function split(text: string, cuts: readonly number[]) {
  const stream = new ToolCallStream();
  let shown = '';
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    shown += stream.push(text.slice(at, cut));
    at = Math.max(at, cut);
  }
  shown += stream.push(text.slice(at));
  const { text: rest, toolCalls } = stream.finish();
  return { shown: shown + rest, toolCalls };
}

describe('tools in a conversation', () => {
  it('are described in the system message, behind what stands there', () => {
    const [system, user] = toolMessages([{ role: 'system', content: 'Be kind.' }, ask], [WEATHER]);
    expect(system!.content).toMatch(/^Be kind\.\n\n# Tools/);
    expect(system!.content).toContain('"name":"weather"');
    expect(user).toEqual(ask);
    expect(toolMessages([ask], [WEATHER])[0]!.role).toBe('system');
    expect(toolMessages([ask], [WEATHER], 'none')).toEqual([ask]);
    expect(toolMessages([ask], [])).toEqual([ask]);
  });

  it('calls and results of earlier turns become text that reads back as the same calls', () => {
    const toolCalls = [{ name: 'weather', arguments: '{"place":"Oslo"}' }];
    const [assistant, result] = toolMessages(
      [
        { role: 'assistant', content: 'Let me see.', toolCalls },
        { role: 'tool', content: '{"rain":true}' },
      ],
      [],
    );
    expect(split(assistant!.content, [])).toEqual({ shown: 'Let me see.\n', toolCalls });
    expect(result).toEqual({
      role: 'user',
      content: '<tool_response>\n{"rain":true}\n</tool_response>',
    });
  });

  it('a forced call has a schema of its own; an unknown tool is refused', () => {
    expect(forcedCallSchema([WEATHER, CLOCK], 'auto')).toBeNull();
    expect(forcedCallSchema([WEATHER, CLOCK], { name: 'weather' })).toMatchObject({
      properties: { name: { const: 'weather' }, arguments: WEATHER.parameters },
    });
    expect(forcedCallSchema([WEATHER, CLOCK], 'required')).toHaveProperty('anyOf');
    expect(() => forcedCallSchema([CLOCK], { name: 'x' })).toThrowError(/no tool named x/);
    expect(readForcedCall('{"name": "clock", "arguments": {}}')).toEqual({
      name: 'clock',
      arguments: '{}',
    });
    expect(readForcedCall('{"name": "clock", "argum')).toBeNull();
  });
});

describe('tool calls in an answer', () => {
  const calls =
    'Sure.\n<tool_call>\n{"name": "weather", "arguments": {"place": "Oslo"}}\n</tool_call>\n' +
    '<tool_call>{"name": "clock", "arguments": {}}</tool_call>';

  it('are found however the text is cut, and never shown', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(calls.length), { maxLength: 8 }), (cuts) => {
        expect(split(calls, cuts)).toEqual({
          shown: 'Sure.\n',
          toolCalls: [
            { name: 'weather', arguments: '{"place":"Oslo"}' },
            { name: 'clock', arguments: '{}' },
          ],
        });
      }),
    );
  });

  it('text without calls passes, and so does what only looks like one', () => {
    for (const text of ['a < b', 'a <tool_', '<tool_call>soon</tool_call>', '']) {
      expect(split(text, [2, 5]), text).toEqual({ shown: text, toolCalls: [] });
    }
  });
});

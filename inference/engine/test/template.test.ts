/** Chat templates of model families, as their model cards publish the formats, read into frames. */
import { CHATML, renderTemplate } from '@assay/jobs';
import { describe, expect, it } from 'vitest';
import { deriveTemplate, type JinjaTemplate } from '../src/index.ts';

const NONE = { beginText: '', endText: '', addBegin: false };
const LOOP = (body: string) => `{% for m in messages %}${body}{% endfor %}`;
const PROMPT = (text: string) => `{% if add_generation_prompt %}${text}{% endif %}`;

const CHATML_LOOP = LOOP('<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n');
const CHATML_SOURCE = CHATML_LOOP + PROMPT('<|im_start|>assistant\n');

const LLAMA3: JinjaTemplate = {
  beginText: '<|begin_of_text|>',
  endText: '<|eot_id|>',
  addBegin: true,
  source:
    '{{ bos_token }}' +
    LOOP('<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>') +
    PROMPT('<|start_header_id|>assistant<|end_header_id|>\n\n'),
};

const LLAMA31_DATES: JinjaTemplate = {
  ...LLAMA3,
  source:
    '{{ bos_token }}{% if messages[0].role == "system" %}{% set s = messages[0].content %}' +
    '{% set messages = messages[1:] %}{% else %}{% set s = "" %}{% endif %}' +
    '<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n{{ s }}<|eot_id|>' +
    LLAMA3.source.replace('{{ bos_token }}', ''),
};

const GEMMA: JinjaTemplate = {
  beginText: '<bos>',
  endText: '<eos>',
  addBegin: true,
  source:
    '{{ bos_token }}{% if messages[0].role == "system" %}' +
    '{{ raise_exception("System role not supported") }}{% endif %}' +
    LOOP(
      '{% set role = "model" if m.role == "assistant" else m.role %}' +
        '<start_of_turn>{{ role }}\n{{ m.content | trim }}<end_of_turn>\n',
    ) +
    PROMPT('<start_of_turn>model\n'),
};

const LLAMA2: JinjaTemplate = {
  beginText: '<s>',
  endText: '</s>',
  addBegin: true,
  source:
    '{{ bos_token }}{% if messages[0].role == "system" %}{% set s = messages[0].content %}' +
    '{% set messages = messages[1:] %}{% else %}{% set s = none %}{% endif %}' +
    LOOP(
      '{% if m.role == "user" %}[INST] {% if loop.first and s is not none %}<<SYS>>\n{{ s }}\n<</SYS>>\n\n' +
        '{% endif %}{{ m.content }} [/INST]{% else %} {{ m.content }} {{ eos_token }}{% endif %}',
    ),
};

const QWEN_DEFAULT: JinjaTemplate = {
  ...NONE,
  source:
    '{% if messages[0].role != "system" %}<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}' +
    CHATML_SOURCE,
};

describe('chat templates become frames', () => {
  it('ChatML', () => {
    expect(deriveTemplate({ ...NONE, source: CHATML_SOURCE })).toEqual({ ...CHATML, begin: false });
  });

  it('ChatML with a default system message', () => {
    const template = deriveTemplate(QWEN_DEFAULT);
    expect(template).toEqual({ ...CHATML, begin: false, defaultSystem: 'You are helpful.' });
  });

  it('Llama 3', () => {
    expect(deriveTemplate(LLAMA3)).toEqual({
      begin: true,
      system: {
        before: '<|start_header_id|>system<|end_header_id|>\n\n',
        after: '<|eot_id|>',
      },
      user: { before: '<|start_header_id|>user<|end_header_id|>\n\n', after: '<|eot_id|>' },
      assistant: {
        before: '<|start_header_id|>assistant<|end_header_id|>\n\n',
        after: '<|eot_id|>',
      },
    });
  });

  it('Llama 3.1 with a system header that is always there', () => {
    const template = deriveTemplate(LLAMA31_DATES);
    expect(template.defaultSystem).toBe('');
    expect(template.system.before).toContain('Today Date: 26 Jul 2024');
  });

  it('a date that has a default where there is no clock is that default', () => {
    const date =
      '{% if strftime_now is defined %}{{ strftime_now("%Y") }}{% else %}2024{% endif %}';
    const source = LLAMA31_DATES.source.replace('26 Jul 2024', date);
    expect(deriveTemplate({ ...LLAMA31_DATES, source }).system.before).toContain('Date: 2024');
  });

  it('thinking that a prompt opens and history does not show', () => {
    const source = CHATML_LOOP + PROMPT('<|im_start|>assistant\n<think>\n');
    const template = deriveTemplate({ ...NONE, source });
    expect(template.answer).toBe('<|im_start|>assistant\n<think>\n');
    expect(template.assistant.before).toBe('<|im_start|>assistant\n');
  });

  it('Gemma, which has no system role: the text goes before the question', () => {
    const template = deriveTemplate(GEMMA);
    expect(template.foldSystem).toEqual({ before: '', after: '\n\n' });
    const pieces = renderTemplate(template, [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(pieces.map(({ text }) => text).join('')).toBe(
      '<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n',
    );
    // What people wrote stays apart from what may be read as control tokens.
    expect(pieces.filter(({ special }) => !special).map(({ text }) => text)).toEqual([
      'Be brief.',
      'Hi',
    ]);
  });

  it('Llama 2, which folds the system message into the question', () => {
    const template = deriveTemplate(LLAMA2);
    expect(template.user).toEqual({ before: '[INST] ', after: ' [/INST]' });
    expect(template.assistant).toEqual({ before: ' ', after: ' </s>' });
    expect(template.answer).toBe('');
    expect(template.foldSystem).toEqual({ before: '<<SYS>>\n', after: '\n<</SYS>>\n\n' });
  });
});

describe('chat templates that are no frames are refused with the reason', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['broken Jinja', '{% for m in %}', 'does not parse'],
    ['counting turns', LOOP('{{ loop.index }}:{{ m.content }};'), 'fits no frame'],
    [
      'dropping system messages',
      LOOP('{% if m.role != "system" %}<{{ m.role }}>{{ m.content }};{% endif %}') +
        PROMPT('<assistant>'),
      'drops system',
    ],
    [
      'saying otherwise in long conversations',
      `{% if messages | length > 4 %}long{% endif %}${CHATML_SOURCE}`,
      'written differently',
    ],
    [
      'asking for the date',
      `{{ strftime_now("%d %b %Y") }}${CHATML_SOURCE}`,
      'single user message',
    ],
    ['repeating a message', LOOP('{{ m.content }}{{ m.content }}'), 'exactly once'],
    ['refusing users', '{{ raise_exception("no") }}', 'single user message'],
  ];
  it.each(cases)('%s', (_, source, told) => {
    expect(() => deriveTemplate({ ...NONE, source })).toThrowError(
      expect.objectContaining({
        code: 'engine/unsupported',
        message: expect.stringContaining(told),
      }),
    );
  });
});

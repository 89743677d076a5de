import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ChatTemplate } from '../../../src/model/text/chat-template.ts';
import { formatDate } from '../../../src/model/text/format-date.ts';
import { Failure, type FailureDetails } from '../../../src/system/failure.ts';

const messages = [{ role: 'user', content: ' Wie groß?\n' }];

function rendered(template: unknown, date?: string): string {
  const config = { chat_template: template, bos_token: '<s>', eos_token: { content: '</s>', lstrip: false } };
  return ChatTemplate.of(config, '/model/tokenizer.json').render(
    messages,
    date === undefined ? {} : { date },
  );
}

function failureOf(run: () => unknown): FailureDetails {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error.details;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('the chat template of a model', () => {
  // As transformers 4 renders them: Jinja2 3.1 with trim_blocks and lstrip_blocks, `tools` none.
  const cases: readonly (readonly [what: string, template: string, text: string])[] = [
    [
      'has messages, special tokens and the prompt for an answer',
      '{{ bos_token }}{% for m in messages %}\n[{{ m.role }}] {{ m["content"] | trim }}{{ eos_token }}\n{% endfor %}\n{% if add_generation_prompt %}[assistant]{% endif %}\n',
      '<s>[user] Wie groß?</s>\n[assistant]',
    ],
    [
      'knows mappings with whole numbers as keys',
      "{% set names = {0: 'zero', 1: 'one'} %}{{ names[messages | length] }}",
      'one',
    ],
    [
      'looks for attributes in tools that are none',
      "{% set found = tools | selectattr('type', 'equalto', 'code') | list %}{{ found | length }}",
      '0',
    ],
    [
      'has the methods of texts',
      "{{ messages[0].content.strip().removesuffix('?').rpartition(' ')[2].ljust(6, '.') }}",
      'groß..',
    ],
    ['prints nothing for what is not defined', '{{ system_message }}|{{ messages[0].name }}|', '||'],
    ['marks what an assistant says by nothing', '{% generation %}a{% endgeneration %}', 'a'],
  ];
  for (const [what, template, text] of cases) {
    it(what, () => {
      expect(rendered(template)).to.equal(text);
    });
  }

  it('is the one named default where there are several', () => {
    const several = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    expect(rendered(several)).to.equal('plain');
    expect(failureOf(() => rendered(several.slice(0, 1))).code).to.equal('no-chat-template');
  });

  const dated =
    '{%- if strftime_now is defined %}{%- set today = strftime_now("%d %b %Y") %}{%- else %}{%- set today = "26 Jul 2024" %}{%- endif %}{{ today }}';

  it('never writes the day of today: its own date, or the one that is given', () => {
    expect(rendered(dated)).to.equal('26 Jul 2024');
    expect(rendered(dated, '2025-01-09')).to.equal('09 Jan 2025');
  });

  it('is refused where it has no date of its own and none is given', () => {
    const failure = failureOf(() => rendered('a\n{{ strftime_now("%Y-%m-%d") }}'));
    expect(failure).to.deep.include({
      code: 'chat-template',
      blame: 'user',
      where: '/model/tokenizer_config.json, line 2',
      next: 'give the option `date`, for example 2024-07-26',
    });
    expect(rendered('{{ strftime_now("%Y-%m-%d") }}', '2025-01-09')).to.equal('2025-01-09');
  });

  it('is named with its file and line where it cannot be rendered', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-'));
    try {
      mkdirSync(join(folder, 'm'));
      const file = join(folder, 'm', 'chat_template.jinja');
      writeFileSync(file, '');
      const broken = ChatTemplate.of(
        { chat_template: 'a\n{% for m in messages %}' },
        join(folder, 'm', 'tokenizer.json'),
      );
      const failure = failureOf(() => broken.render(messages));
      expect(failure.where).to.equal(`${file}, line 2`);
      expect(failure.message).to.equal("the model's chat template cannot be rendered");
      expect(failure.found).to.equal('`{% for %}` is not closed: `{% endfor %}` is missing');
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(failureOf(() => rendered("{% include 'x' %}")).found).to.equal(
      '`{% include %}` is not supported: put the text into the template',
    );
  });

  it('may refuse the messages in its own words', () => {
    const failure = failureOf(() => rendered("{{ raise_exception('Roles must alternate') }}"));
    expect(failure).to.deep.include({
      message: "the model's chat template refuses these messages",
      found: 'Roles must alternate',
    });
  });
});

describe('a day', () => {
  it('is written as C’s strftime writes it at midnight', () => {
    // From Python 3.11: datetime(2024, 2, 9).strftime(...).
    const cases: readonly (readonly [string, string])[] = [
      ['%A, %d %B %Y', 'Friday, 09 February 2024'],
      ['%a %b %-d %y', 'Fri Feb 9 24'],
      ['%e|%j|%F|%m/%-m', ' 9|040|2024-02-09|02/2'],
      ['%H:%M:%S %I %p 100%%', '00:00:00 12 AM 100%'],
      ['no directive', 'no directive'],
    ];
    for (const [format, text] of cases) {
      expect(formatDate('2024-02-09', format)).to.deep.equal({ ok: true, text });
    }
    expect(formatDate('2024-02-09', '%Y %Q')).to.deep.equal({ ok: false, directive: '%Q' });
    expect(formatDate('2024-02-09', 'at the end %')).to.deep.equal({ ok: false, directive: '%' });
  });
});

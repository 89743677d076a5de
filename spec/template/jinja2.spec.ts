import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { chatDialect, promptDialect } from '../../src/template/jinja/context.ts';
import { JinjaError } from '../../src/template/jinja/error.ts';
import { filters } from '../../src/template/jinja/library/filters.ts';
import { textMethodNames } from '../../src/template/jinja/library/text-methods.ts';
import { tests } from '../../src/template/jinja/library/tests.ts';
import { render } from '../../src/template/jinja/render.ts';
import { parseProgram } from '../../src/template/jinja/syntax/parser.ts';
import { valueOf, type Plain } from '../../src/template/jinja/values/convert.ts';

/** A template with what Jinja2 makes of it; `record-jinja2.py` says how it is recorded. */
interface Case {
  readonly template: string;
  readonly context?: Readonly<Record<string, Plain>>;
  readonly dialect?: 'chat';
  readonly answer?: string;
  /** The class of Jinja2's exception. */
  readonly error?: string;
  /** Jinja2 answers, and this is refused here: a part of the message. */
  readonly refused?: string;
}

const { recorded, cases } = JSON.parse(readFileSync(new URL('jinja2.json', import.meta.url), 'utf8')) as {
  readonly recorded: string;
  readonly cases: readonly Case[];
};

function rendered({ template, context = {}, dialect: named }: Case): string {
  const dialect = named === 'chat' ? chatDialect : promptDialect;
  const values = new Map(Object.entries(context).map(([name, value]) => [name, valueOf(value)] as const));
  return render(parseProgram(template, dialect), values, dialect);
}

/** The message of what is thrown, which must be about the template. */
function refusalOf(entry: Case): string {
  try {
    return `was rendered: ${rendered(entry)}`;
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error;
    expect(error.at, 'place').to.be.a('number');
    return error.message;
  }
}

describe(`templates, against ${recorded}`, () => {
  for (const entry of cases) {
    const shown = JSON.stringify(entry.template) + (entry.dialect === 'chat' ? ' of a chat' : '');
    if (entry.refused !== undefined) {
      it(`refuse ${shown}`, () => {
        expect(entry.error, 'Jinja2 answers').to.equal(undefined);
        expect(refusalOf(entry)).to.contain(entry.refused);
      });
    } else if (entry.error === undefined) {
      it(`render ${shown}`, () => {
        expect(rendered(entry)).to.equal(entry.answer);
      });
    } else {
      it(`fail at ${shown}, as Jinja2 does`, () => {
        expect(refusalOf(entry)).not.to.match(/^was rendered/);
      });
    }
  }

  it('have a case for every filter, test and method of texts', () => {
    const templates = cases.map(({ template }) => template);
    const without = [
      ...[...filters.keys()].filter(
        (name) => !templates.some((each) => new RegExp(`\\| ${name}\\b`).test(each)),
      ),
      ...[...tests.keys()].filter(
        (name) => !templates.some((each) => each.includes(`is ${name}`) || each.includes(`'${name}'`)),
      ),
      ...textMethodNames().filter((name) => !templates.some((each) => each.includes(`.${name}(`))),
    ];
    expect(without).to.deep.equal([]);
  });
});

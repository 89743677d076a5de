import { Failure } from '../system/failure.ts';
import type { Cell, Row } from '../table/table.ts';
import type { Item } from './items.ts';
import { compileTemplate } from './template.ts';
import type { Message } from './turns.ts';

/** What is done with a phrase: it is put in; taken out of a prompt that has it; or left out of all of its source. */
export type Deed = 'add' | 'remove' | 'leave-one-out';

/** Where phrases stand: before the bare prompt, after it, or in the message of the system. */
export type Position = 'before' | 'after' | 'system';

export interface AblationOptions {
  readonly do: Deed;
  readonly triggers: Readonly<Record<string, readonly string[]>>;
  readonly template: string;
  readonly baseline: string;
  readonly separator: string;
  readonly positions?: readonly Position[];
}

/** One phrase with one item: the prompt that has the phrase, and the one that does not. */
export interface Arm {
  readonly position?: Position;
  readonly source: string;
  readonly trigger: string;
  readonly item: Item;
  readonly prompt: string;
  readonly without: string;
  /** The prompt with another text where the phrase stands; none where it is taken out. */
  readonly putting?: (text: string) => string;
}

interface Place {
  readonly position?: Position;
  bare(item: Item): string;
  putting(item: Item, source: string, text: string): string;
}

/** Messages to the text of a chat, as the model's template makes it. */
type ToChat = (messages: readonly Message[]) => string;

/**
 * Arms position by position, source by source, phrase by phrase. Where phrases are taken out, items whose prompt lacks a
 * phrase have no arm for it.
 *
 * @param chat is there where a position is `system`
 * @throws Failure `trigger-not-there`, where no item's prompt has the phrase that is to be taken out
 */
export function armsOf(
  options: AblationOptions,
  sources: readonly (readonly [source: string, phrases: readonly string[]])[],
  items: readonly Item[],
  chat: ToChat | undefined,
): readonly Arm[] {
  return placesOf(options, chat).flatMap((place) =>
    sources.flatMap(([source, phrases]) =>
      phrases.flatMap((trigger, index) => {
        const others = phrases.filter((_, other) => other !== index);
        const arms = items.flatMap((item) =>
          armOf(options, place, item, { source, trigger, phrases, others }),
        );
        if (arms.length > 0) return arms;
        throw new Failure({
          code: 'trigger-not-there',
          blame: 'user',
          message: 'no prompt has this phrase, so that it cannot be taken out',
          path: ['triggers', source, index],
          found: trigger,
          expected: 'a text that stands in `baseline` of some item as it is written here',
        });
      }),
    ),
  );
}

interface Phrase {
  readonly source: string;
  readonly trigger: string;
  readonly phrases: readonly string[];
  readonly others: readonly string[];
}

function armOf(
  { do: deed, separator }: AblationOptions,
  place: Place,
  item: Item,
  { source, trigger, phrases, others }: Phrase,
): readonly Arm[] {
  const named = {
    ...(place.position !== undefined && { position: place.position }),
    source,
    trigger,
    item,
  };
  const bare = place.bare(item);
  switch (deed) {
    case 'add': {
      const putting = (text: string): string => place.putting(item, source, text);
      return [{ ...named, prompt: putting(trigger), without: bare, putting }];
    }
    case 'leave-one-out': {
      const putting = (text: string): string => {
        const all = phrases.map((phrase) => (phrase === trigger ? text : phrase));
        return place.putting(item, source, all.join(separator));
      };
      const without = others.length === 0 ? bare : place.putting(item, source, others.join(separator));
      return [{ ...named, prompt: putting(trigger), without, putting }];
    }
    case 'remove':
      return bare.includes(trigger)
        ? [{ ...named, prompt: bare, without: bare.replaceAll(trigger, '') }]
        : [];
  }
}

function placesOf(options: AblationOptions, chat: ToChat | undefined): readonly Place[] {
  const template = compileTemplate(options.template, ['template']);
  const baseline = compileTemplate(options.baseline, ['baseline']);
  const bareText = ({ id, fields }: Item): string => baseline.render(fieldsOf({ id, fields }));
  const inChat = (messages: readonly Message[]): string => chat?.(messages) ?? '';
  if (options.positions === undefined) {
    return [
      {
        bare: bareText,
        putting: (item, source, trigger) => template.render({ ...fieldsOf(item), source, trigger }),
      },
    ];
  }
  return options.positions.map((position): Place => {
    switch (position) {
      case 'before':
        return { position, bare: bareText, putting: (item, _, text) => `${text}\n${bareText(item)}` };
      case 'after':
        return { position, bare: bareText, putting: (item, _, text) => `${bareText(item)}\n${text}` };
      case 'system':
        return {
          position,
          bare: (item) => inChat([{ role: 'user', content: bareText(item) }]),
          putting: (item, _, text) =>
            inChat([
              { role: 'system', content: text },
              { role: 'user', content: bareText(item) },
            ]),
        };
    }
  });
}

function fieldsOf({ id, fields }: Item): Row {
  return { ...fields, item: id } satisfies Record<string, Cell>;
}

import type { Component } from './components/component.ts';

/**
 * The token that the post-processor puts in front of a text, if it puts one. What it puts after a text is of no concern: no
 * number about a text depends on it.
 * @throws Failure `tokenizer-component-unverified`, also where it puts more than one token in front
 */
export function tokenInFront(component: Component | undefined): number | undefined {
  if (component === undefined) return undefined;
  const tokens = tokensInFront(component);
  if (tokens.length > 1)
    throw component.refuse('at most one token in front of a text', `${tokens.length} tokens`);
  return tokens[0];
}

function tokensInFront(component: Component): readonly number[] {
  const type = component.choice('type', [
    'TemplateProcessing',
    'ByteLevel',
    'BertProcessing',
    'RobertaProcessing',
    'Sequence',
  ]);
  // Further options are about offsets and pairs of texts.
  switch (type) {
    case 'ByteLevel':
      return [];
    case 'Sequence':
      return component.parts('processors').flatMap(tokensInFront);
    case 'TemplateProcessing':
      return templateInFront(component);
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const found = component.option('cls');
      const id: unknown = Array.isArray(found) ? found[1] : undefined;
      if (typeof id !== 'number') throw component.refuse('`cls`: a token and its id', found, 'cls');
      return [id];
    }
  }
}

function templateInFront(component: Component): readonly number[] {
  const special = component.part('special_tokens');
  const items = component.parts('single').map((item) => ({
    token: item.part('SpecialToken')?.text('id'),
    sequence: item.part('Sequence')?.choice('id', ['A']),
  }));
  const text = items.findIndex(({ sequence }) => sequence !== undefined);
  if (text < 0 || items.findLastIndex(({ sequence }) => sequence !== undefined) !== text) {
    throw component.refuse('`single`: the text once', component.option('single'), 'single');
  }
  return items.slice(0, text).flatMap(({ token }) => {
    const ids = token === undefined ? undefined : special?.part(token)?.option('ids');
    if (!Array.isArray(ids) || ids.some((id) => typeof id !== 'number')) {
      throw component.refuse('`special_tokens`: the ids of each token', ids, 'special_tokens');
    }
    return ids as readonly number[];
  });
}

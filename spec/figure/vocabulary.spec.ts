import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { vocabulary } from '../../src/figure/vocabulary.ts';
import { packageRoot } from '../../src/system/package-root.ts';

interface Definition {
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly anyOf?: readonly Definition[];
}

describe('the words of Vega-Lite that are checked', () => {
  it('are those of the schema that it comes with', () => {
    const file = join(packageRoot, 'node_modules/vega-lite/build/vega-lite-schema.json');
    const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as {
      definitions: Readonly<Record<string, Definition>>;
    };
    const names = ({ properties = {}, anyOf = [] }: Definition): readonly string[] => [
      ...Object.keys(properties),
      ...anyOf.flatMap(names),
    ];
    const views = ['Unit', 'Layer', 'Facet', 'Concat', 'VConcat', 'HConcat', 'Repeat'].flatMap((kind) =>
      names(definitions[`TopLevel${kind}Spec`]!),
    );
    const sorted = (words: readonly string[]) => [...new Set(words)].sort();
    expect(vocabulary.views).to.have.members(sorted(views));
    expect(vocabulary.marks).to.have.members([
      ...definitions['Mark']!.enum!,
      ...['boxplot', 'errorbar', 'errorband'],
    ]);
    expect(vocabulary.channels).to.have.members(names(definitions['FacetedEncoding']!) as string[]);
    expect(vocabulary.types).to.have.members(definitions['Type']!.enum as string[]);
    expect(vocabulary.aggregates).to.have.members(definitions['NonArgAggregateOp']!.enum as string[]);
  });
});

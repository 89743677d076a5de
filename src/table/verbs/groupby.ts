import { isMissing } from '../cells.ts';
import { unknownListed, withoutLabel } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const groupby = defineVerb<readonly string[]>({
  name: 'groupby',
  schema: {
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    description:
      'From here on `derive`, `filter`, `slice` and `rollup` work within the combinations of these columns; an empty list ends it.',
  },

  shape: (given, context) => ({ groups: given, problems: unknownListed(context, given) }),

  apply(given, { frame, warn }) {
    const columns = given.map((name) => ({ name, missing: frame.cells(name).filter(isMissing).length }));
    withoutLabel(columns, frame.length).forEach(warn);
    return frame.groupedBy(given);
  },
});

/** Schemas of what several verbs are given. */
export const expressionSchema = { type: 'string', minLength: 1 } as const;

export const namesSchema = {
  type: 'array',
  items: { type: 'string' },
  minItems: 1,
  uniqueItems: true,
} as const;

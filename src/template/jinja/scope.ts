import { JinjaError } from './error.ts';
import { itemsOf } from './values/iterate.ts';
import { typeName } from './values/type-name.ts';
import { Namespace, type Value } from './values/value.ts';
import type { Target } from './syntax/nodes.ts';

/** Names as a body sees them: its own, and those of the bodies around it. */
export class Scope {
  readonly #own = new Map<string, Value>();
  readonly #outer: Scope | ReadonlyMap<string, Value>;

  constructor(outer: Scope | ReadonlyMap<string, Value>) {
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    const own = this.#own.get(name);
    return own === undefined ? this.#outer.get(name) : own;
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }

  /** Assigns to a name, to several, or to a field of a namespace. @throws JinjaError */
  assign(target: Target, value: Value): void {
    switch (target.type) {
      case 'name':
        this.set(target.name, value);
        return;
      case 'field': {
        const holder = this.get(target.namespace);
        if (!(holder instanceof Namespace)) {
          throw new JinjaError(
            `\`${target.namespace}\` is no namespace: only the fields of one can be set`,
            target.at,
          );
        }
        holder.fields.set(target.field, value);
        return;
      }
      case 'targets': {
        const items = itemsOf(value);
        if (items.length !== target.targets.length) {
          throw new JinjaError(
            `${target.targets.length} names are to take ${items.length} items of a ${typeName(value)}`,
            target.at,
          );
        }
        for (const [index, each] of target.targets.entries()) this.assign(each, items[index] ?? null);
      }
    }
  }
}

import * as commander from 'commander';
import type * as typed from '@commander-js/extra-typings';

/**
 * Commander, with options and arguments that are typed by what their flags say. The types are of another package, which
 * has no code of its own and is not there when the program runs.
 */
export const { Command, CommanderError, Option } = commander as unknown as typeof typed;

import type { Gate } from '../../../engine/record.ts';
import type { GatesOfStage } from '../../pipeline/results.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from './columns.ts';
import { count } from './quantities.ts';
import { unexpected } from './words.ts';

/**
 * The claims that were judged, those by which the run fails last:
 *
 * ```
 * gates
 *   holds      chat is not worse   interval above -0.5 over item: 0.12 (-0.2 to 0.44), p 0.002, 30 units of item
 *   undecided  code helps          positive over item: 0.31, p 0.2, 30 units of item
 *   2 gates: 1 holds, 1 undecided; on other data for the 3rd time, each time a new test
 * ```
 */
export function wordGates({ stage, gates, looks }: GatesOfStage, colors: Colors): string[] {
  const inOrder = [...gates].sort((a, b) => Number(a.breaks) - Number(b.breaks));
  const lines = alignColumns(
    inOrder.map((gate) => [
      `  ${wordResult(gate, colors)}`,
      gate.name,
      gate.found === '' ? gate.claim : `${gate.claim}: ${gate.found}`,
    ]),
  );
  const again = looks > 1 ? `; on other data for the ${ordinal(looks)} time, each time a new test` : '';
  return [colors.bold(stage), ...lines, `  ${count(gates.length, 'gate')}: ${wordGateCounts(gates)}${again}`];
}

function wordResult({ result, breaks }: Gate, colors: Colors): string {
  switch (result) {
    case 'holds':
      return colors.green(result);
    case 'fails':
      return colors.red(result);
    case 'undecided':
      return breaks ? colors.red(result) : colors.yellow(result);
    default:
      return unexpected(result);
  }
}

/** `1 holds, 2 undecided`. */
function wordGateCounts(gates: readonly Gate[]): string {
  return (['holds', 'fails', 'undecided'] as const)
    .flatMap((result) => {
      const found = gates.filter((gate) => gate.result === result).length;
      return found === 0
        ? []
        : [`${found} ${found > 1 && result !== 'undecided' ? result.slice(0, -1) : result}`];
    })
    .join(', ');
}

function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}

import type { BackendReport } from '../../../model/native/examine.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from '../parts/columns.ts';
import { count, wordBytes } from '../parts/quantities.ts';

export interface Findings {
  readonly assay: string;
  readonly node: string;
  readonly system: string;
  readonly cores: number;
  readonly memoryBytes: { readonly total: number; readonly free: number };
  readonly backends: readonly BackendReport[];
  readonly hub: {
    readonly endpoint: string;
    readonly cache: string;
    readonly hasToken: boolean;
    readonly offline: boolean;
  };
}

export function wordDoctor(findings: Findings, colors: Colors): string {
  const { assay, node, system, cores, memoryBytes, backends, hub } = findings;
  const memory = `${wordBytes(memoryBytes.total)} of memory, ${wordBytes(memoryBytes.free)} free`;
  const used = backends.find(({ works }) => works)?.backend;
  const rows = backends.map((report) => [`  ${report.backend}`, ...wordBackend(report, used, colors)]);
  return [
    `assay ${assay}, Node ${node}, ${system}, ${count(cores, 'core')}, ${memory}`,
    '',
    colors.bold('backends') + ' (float32 products [256,2048] x [2048,5632], in this moment)',
    ...alignColumns(rows),
    ...backends.flatMap((report) => wordAdvice(report, colors)),
    '',
    colors.bold('models'),
    `  cache  ${hub.cache}`,
    `  hub    ${hub.endpoint}, ${hub.offline ? 'offline (HF_HUB_OFFLINE)' : hub.hasToken ? 'with a token' : 'without a token'}`,
    '',
  ].join('\n');
}

/** While it goes on. */
export function wordTrying(backend: string): string {
  return `trying ${backend} ...`;
}

function wordBackend(report: BackendReport, used: string | undefined, colors: Colors): string[] {
  if (!report.works) return [colors.yellow('no'), report.failure.message];
  const { device, engine, gflops } = report.probe;
  const speed = `${gflops.toFixed(0)} GFLOP/s on ${device}, ${engine}`;
  return [colors.green('works'), report.backend === used ? `${speed} (used if none is named)` : speed];
}

function wordAdvice(report: BackendReport, colors: Colors): string[] {
  if (report.works) return [];
  const { where, expected, found, next } = report.failure;
  const fields = Object.entries({ where, expected, found, next }).filter(([, text]) => text !== undefined);
  return [
    '',
    `${colors.yellow(report.backend)}: ${report.failure.message}`,
    ...fields.map(([name, text]) => `  ${name}: ${text}`),
  ];
}

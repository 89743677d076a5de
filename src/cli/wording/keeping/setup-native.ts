/** What `assay setup native` has made. */
interface Made {
  readonly folder: string;
  readonly kept: boolean;
  readonly probe: { readonly engine: string; readonly device: string; readonly gflops: number };
}

/**
 * ```
 * done: ~/.cache/assay/native/4.22.0-cpu-linux-x64
 * tfjs-node-gpu 4.22.0, libtensorflow 2.21.0 on cpu, 115 GFLOP/s on [256,2048] x [2048,5632]
 * ```
 */
export function wordSetUp({ folder, kept, probe }: Made, worksAsAsked: boolean): string {
  const lines = [
    `${kept ? 'already there' : 'done'}: ${folder}`,
    `${probe.engine} on ${probe.device}, ${probe.gflops.toFixed(0)} GFLOP/s on [256,2048] x [2048,5632]`,
  ];
  if (!worksAsAsked) {
    lines.push('but no GPU could be used: check `nvidia-smi`; the library works on the processor meanwhile');
  }
  return `${lines.join('\n')}\n`;
}

export const wordSetUpStopped = 'Stopped: nothing was set up, and nothing is left behind.\n';

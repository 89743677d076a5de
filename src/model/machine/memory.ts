import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import type { ModelConfig } from '../decoder/config.ts';
import { embeddingTensor, expectedTensors } from '../decoder/weight-tensors.ts';
import type { BackendName } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { gigabytes } from '../../system/quantities.ts';
import { chunkLimits, sweepBytes } from './limits.ts';

/** How a model is held: all weights at once, or layer by layer in every sweep; and by how many machines. */
export interface Placement {
  readonly weights: 'resident' | 'streamed';
  /** Wasm workers; 1 for native, which has threads of its own. */
  readonly threads: number;
}

export interface PlacementOptions {
  readonly backend: BackendName;
  readonly config: ModelConfig;
  /** Bytes of the embedding as it is stored: it stays in memory in either case. */
  readonly embeddingBytes: number;
  /** What the whole process may take, in bytes. Default: nine tenths of what is free. */
  readonly budgetBytes: number | undefined;
  /** Wasm workers asked for. Default: one per core, fewer where memory is short. */
  readonly threads: number | undefined;
  /** Default: `freeMemory()`. */
  readonly freeBytes?: number;
}

/** Node with libtensorflow loaded and warm; Node alone; a worker without its heap. Measured, rounded up. */
const base = { native: 0.6e9, wasm: 0.2e9, worker: 0.08e9 } as const;

/** A heap holds 4 GB at most (`wasm-heap.ts`): what is planned stays well below. */
const heapLimit = 3.8e9;

/**
 * Weights stay in memory where that fits the budget, else they are streamed. What was asked for explicitly and does not fit is
 * refused; what only seems not to fit, because others use the memory now, is tried.
 * @throws Failure `wasm-memory`, `memory-budget`
 */
export function placeWeights(options: PlacementOptions): Placement {
  const { backend, config, budgetBytes } = options;
  const budget = budgetBytes ?? 0.9 * (options.freeBytes ?? freeMemory());
  if (backend !== 'wasm') {
    // A GPU's memory is its own, and no one tells how large it is.
    if (backend === 'tensorflow-gpu' && budgetBytes === undefined) return { weights: 'resident', threads: 1 };
    const { resident, streamed } = nativeBytes(config, options.embeddingBytes);
    if (resident <= budget) return { weights: 'resident', threads: 1 };
    if (budgetBytes !== undefined) refuseBudget(streamed, budgetBytes);
    return { weights: 'streamed', threads: 1 };
  }
  const heap = wasmHeapBytes(config);
  const least = Math.min(heap.resident, heap.streamed);
  if (least > heapLimit) throw heapTooSmall(least);
  const room = budget - base.wasm - options.embeddingBytes;
  const wanted = options.threads ?? availableParallelism();
  if (heap.resident <= heapLimit && wanted * (base.worker + heap.resident) <= room) {
    return { weights: 'resident', threads: wanted };
  }
  const { layer } = floatsOf(config);
  // Beside its heap a worker holds what it reads: this layer and the next, in 16 bits.
  const worker = base.worker + heap.streamed + 4 * layer;
  const single = base.worker + heap.resident;
  // So small a model that streaming it saves nothing.
  const weights = heap.resident <= heapLimit && single <= worker ? 'resident' : 'streamed';
  const each = Math.min(worker, weights === 'resident' ? single : worker);
  const fitting = Math.floor(room / each);
  if (budgetBytes !== undefined && (fitting < 1 || (options.threads ?? 1) > fitting)) {
    refuseBudget(base.wasm + options.embeddingBytes + (options.threads ?? 1) * each, budgetBytes);
  }
  return { weights, threads: options.threads ?? Math.max(1, Math.min(wanted, fitting)) };
}

/** Bytes of a whole process that runs a model natively. */
export function nativeBytes(
  config: ModelConfig,
  embeddingBytes: number,
): { readonly resident: number; readonly streamed: number } {
  const { layer, head, all } = floatsOf(config);
  const { hidden_size: D, intermediate_size: F } = config;
  const { prefixes } = chunkLimits('tensorflow');
  const activations = 4 * prefixes * (8 * F + 8 * D) + (64 << 20);
  const fixed = base.native + embeddingBytes + activations;
  return {
    resident: fixed + 4 * all + (128 << 20),
    // A layer in float32 and, as stored, twice; or the head with what its conversion takes.
    streamed: fixed + sweepBytes('tensorflow') + Math.max(8 * layer, 8 * head + 2 * layer),
  };
}

/** Bytes of wasm heap that one instance needs: weights, XNNPACK's packed copy of each kernel, a chunk's activations. */
export function wasmHeapBytes(config: ModelConfig): { readonly resident: number; readonly streamed: number } {
  const { layer, head, all } = floatsOf(config);
  const { hidden_size: D, intermediate_size: F } = config;
  const { prefixes } = chunkLimits('wasm');
  const activations = 4 * (2 * prefixes * (4 * D + 4 * F) + 3 * (1 << 24) + (8 << 20));
  return {
    resident: 8 * all + activations,
    // A tenth for the holes that layers of unequal matrices leave.
    streamed: 1.1 * 8 * Math.max(layer, head) + activations + sweepBytes('wasm'),
  };
}

/** How many weights there are. */
export function floatsOf(config: ModelConfig): {
  readonly layer: number;
  readonly head: number;
  /** Without the embedding, which is never in float32. */
  readonly all: number;
} {
  const head = config.vocab_size * config.hidden_size;
  const embedding = embeddingTensor(config);
  let decoder = 0;
  for (const [name, shape] of expectedTensors(config)) {
    if (name === embedding.name || name === 'lm_head.weight') continue;
    decoder += shape.reduce((product, side) => product * side, 1);
  }
  return { layer: decoder / config.num_hidden_layers, head, all: decoder + head };
}

function heapTooSmall(bytes: number): Failure {
  return new Failure({
    code: 'wasm-memory',
    blame: 'machine',
    message: 'the model does not fit into the heap of a wasm instance',
    expected: `at most ${gigabytes(heapLimit)}`,
    found: `${gigabytes(bytes)} for float32 weights and their packed copies`,
    remedy: { code: 'use-native' },
  });
}

function refuseBudget(needed: number, budget: number): void {
  if (needed <= budget) return;
  throw new Failure({
    code: 'memory-budget',
    blame: 'user',
    message: 'the model does not run in the memory it was given, not even layer by layer',
    expected: `a budget of at least ${gigabytes(needed)}`,
    found: gigabytes(budget),
    remedy: { code: 'give-memory' },
  });
}

/** Bytes that this process can take without others being swapped out: of the machine, and of the control groups it is in. */
export function freeMemory(): number {
  return Math.min(machineFree(), ...groupsFree());
}

/** Caches that can be dropped count as free, as the kernel counts them; elsewhere than on Linux as Node does. */
function machineFree(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readOr('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? freemem() : 1024 * Number(kilobytes);
}

/** The group's limit less what it uses, file caches not counted: control groups version 2, or 1. */
function groupsFree(): number[] {
  const groups = [
    { folder: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' },
    {
      folder: '/sys/fs/cgroup/memory',
      limit: 'memory.limit_in_bytes',
      used: 'memory.usage_in_bytes',
      cache: 'total_inactive_file',
    },
  ];
  return groups.flatMap(({ folder, limit, used, cache }) => {
    const bytes = readOr(`${folder}/${limit}`).trim();
    const usage = readOr(`${folder}/${used}`).trim();
    if (!/^\d+$/.test(bytes) || !/^\d+$/.test(usage)) return [];
    const droppable = new RegExp(`^${cache} (\\d+)$`, 'm').exec(readOr(`${folder}/memory.stat`))?.[1] ?? 0;
    return [Math.max(Number(bytes) - Number(usage) + Number(droppable), 0)];
  });
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

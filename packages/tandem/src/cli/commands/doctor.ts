import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { Command } from 'commander';
import type * as Torch from 'tandem-torch';
import { tandemCommand } from '../../invocation.js';
import { tandemVersion } from '../../version.js';
import { counted } from '../shared/counted.js';
import { Exit } from '../terminal/exit.js';
import { wrapped } from '../terminal/lines.js';
import { print, printJson } from '../terminal/print.js';

/** What there is to know of a machine; only the first lines where libtorch does not load. */
interface Diagnosis {
  readonly tandem: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly libtorch?: string;
  /** The addon's file. */
  readonly engine?: string;
  readonly threads?: number;
  readonly blas?: string;
  readonly devices?: readonly string[];
  readonly bfloat16?: boolean;
  readonly gemmGflops?: number;
  readonly convolutionGflops?: number;
  /** What makes training slow or impossible, each with its cure. */
  readonly problems: readonly string[];
}

/** `tandem doctor`: what the engine is, and whether something makes it slow or impossible. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .option('--json', 'one JSON object on stdout')
    .action(async ({ json }: { json?: true }) => {
      const found = await diagnose();
      if (json) printJson(found);
      else print(...report(found));
      if (found.problems.length > 0) throw new Exit(1);
    });
}

async function diagnose(): Promise<Diagnosis> {
  const machine = {
    tandem: tandemVersion,
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
  try {
    // Loaded here, so that a libtorch that does not load is a finding.
    const torch = await import('tandem-torch');
    const { findAddon } = await import('tandem-torch/setup');
    const { processorHasBfloat16 } = await import('../../device.js');
    const has = torch.capabilities();
    return {
      ...machine,
      libtorch: torch.version(),
      engine: findAddon() ?? 'unknown',
      threads: torch.threads(),
      blas: has.openblas ?? (has.mkl ? 'Intel MKL' : 'none that is known to be fast'),
      devices: ['cpu', ...Array.from({ length: has.cudaDevices }, (_, i) => `cuda:${i}`), ...(has.mps ? ['mps'] : [])],
      bfloat16: processorHasBfloat16() || has.cudaDevices > 0,
      gemmGflops: gemmRate(torch),
      convolutionGflops: convolutionRate(torch),
      problems: problemsOf(torch, machine.cores),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { ...machine, problems: [why ?? 'the engine does not load'] };
  }
}

function problemsOf({ capabilities, threads }: typeof Torch, cores: number): string[] {
  const has = capabilities();
  const problems: string[] = [];
  const fastBlas = `\`${tandemCommand()} setup --from system\` installs a faster one`;
  if (!has.openblas && !has.mkl && process.platform === 'linux') {
    problems.push(`no fast BLAS: matrix products run many times slower; ${fastBlas}`);
  }
  if (has.openblas && !has.openblas.includes('USE_OPENMP')) {
    problems.push(`OpenBLAS's own threads get in the way of libtorch's: steps take a third longer; ${fastBlas}`);
  }
  if (!has.mkldnn) problems.push('libtorch was built without oneDNN: convolutions are slow; use another libtorch');
  if (existsSync('/proc/driver/nvidia/gpus') && has.cudaDevices === 0) {
    problems.push(
      `the NVIDIA GPU is not used: set LIBTORCH to a libtorch with CUDA, then run \`${tandemCommand()} setup\``,
    );
  }
  // Fewer threads on demand are no problem.
  if (threads() < cores && !process.env.TANDEM_THREADS) {
    problems.push(`only ${threads()} of ${cores} cores are used: this libtorch was built without threads; use another`);
  }
  return problems;
}

/**
 * Best rate, in 10^9 operations a second, that `work` of so many operations reaches within about a
 * second.
 */
function rate(operations: number, work: () => void): number {
  let best = 0;
  work();
  for (const end = performance.now() + 1000; performance.now() < end; ) {
    const start = performance.now();
    work();
    best = Math.max(best, operations / (performance.now() - start) / 1e6);
  }
  return Math.round(best * 10) / 10;
}

function gemmRate({ randn, scope }: typeof Torch): number {
  const n = 768;
  return scope(() => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return rate(2 * n ** 3, () => scope(() => void a.mm(b)));
  });
}

function convolutionRate({ nn, noGrad, randn, scope }: typeof Torch): number {
  const [batch, channels, side] = [16, 64, 32];
  return scope(() =>
    noGrad(() => {
      const layer = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
      const x = randn([batch, channels, side, side]);
      const best = rate(2 * batch * channels * channels * 9 * side * side, () => scope(() => void layer.forward(x)));
      layer.dispose();
      return best;
    }),
  );
}

function report(d: Diagnosis): string[] {
  const lines = [
    `Tandem ${d.tandem}, Node ${d.node}, libtorch ${d.libtorch ?? 'missing'}`,
    `processor   ${d.processor}, ${counted(d.cores, 'core')}${d.threads ? `, ${counted(d.threads, 'thread')}` : ''}`,
  ];
  if (d.libtorch !== undefined) {
    lines.push(
      `engine      ${d.engine}`,
      `BLAS        ${d.blas}`,
      `devices     ${d.devices?.join(', ')}`,
      `bfloat16    ${d.bfloat16 ? 'in hardware' : 'not in hardware: float32 is faster here'}`,
      `float32     ${d.gemmGflops} GFLOP/s matrix product, ${d.convolutionGflops} GFLOP/s 3x3 convolution`,
    );
  }
  return [
    ...lines.flatMap((line) => wrapped([line])),
    ...(d.problems.length ? d.problems.map((problem) => `PROBLEM     ${problem}`) : ['all is well']),
  ];
}

import { cpus } from 'node:os';
import { buildSettings, capabilities, nn, noGrad, randn, scope, threads, version } from '@tandem/torch';
import { Command } from 'commander';
import { processorHasBfloat16 } from '../pretrain/index.js';
import { Exit } from './exit.js';

interface Diagnosis {
  readonly tandem: string;
  readonly node: string;
  readonly libtorch: string;
  readonly processor: string;
  readonly cores: number;
  readonly threads: number;
  readonly blas: string;
  readonly devices: readonly string[];
  readonly bfloat16: boolean;
  readonly gemmGflops: number;
  readonly convolutionGflops: number;
  /** What makes training slow or impossible, each with its cure. */
  readonly problems: readonly string[];
}

/** `tandem doctor`: what the engine is, and whether something makes it slow. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Shows engine, devices, threads, BLAS and precision, and what makes training slow.')
    .option('--json', 'one JSON object on stdout')
    .action(({ json }: { json?: true }) => {
      const found = diagnose();
      console.log(json ? JSON.stringify(found) : report(found).join('\n'));
      if (found.problems.length > 0) throw new Exit(1);
    });
}

function diagnose(): Diagnosis {
  const has = capabilities();
  const blas = has.openblas ?? (has.mkl ? 'Intel MKL' : 'none that is known to be fast');
  const cores = cpus().length;
  const gemmGflops = gemmRate();
  const convolutionGflops = convolutionRate();
  const problems: string[] = [];
  if (!has.openblas && !has.mkl && process.platform === 'linux') {
    problems.push('no fast BLAS: matrix products run many times slower; apt install libopenblas0-pthread');
  }
  if (!has.mkldnn) problems.push('libtorch was built without oneDNN: convolutions are slow; use another libtorch');
  if (threads() < cores) {
    problems.push(`only ${threads()} of ${cores} cores are used; unset TANDEM_THREADS or raise it`);
  }
  return {
    tandem: '0.1.0',
    node: process.version,
    libtorch: version(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores,
    threads: threads(),
    blas,
    devices: ['cpu', ...Array.from({ length: has.cudaDevices }, (_, i) => `cuda:${i}`), ...(has.mps ? ['mps'] : [])],
    bfloat16: processorHasBfloat16() || has.cudaDevices > 0,
    gemmGflops,
    convolutionGflops,
    problems,
  };
}

/** Best rate, in 10^9 operations a second, that `work` of so many operations reaches within about a second. */
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

function gemmRate(): number {
  const n = 768;
  return scope(() => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return rate(2 * n ** 3, () => scope(() => void a.mm(b)));
  });
}

function convolutionRate(): number {
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
  const settings = buildSettings().match(/BLAS_INFO=[^,]*/)?.[0];
  return [
    `Tandem ${d.tandem}, Node ${d.node}, libtorch ${d.libtorch}`,
    `processor   ${d.processor}, ${d.cores} cores, ${d.threads} threads`,
    `BLAS        ${d.blas}${settings ? ` (libtorch: ${settings})` : ''}`,
    `devices     ${d.devices.join(', ')}`,
    `bfloat16    ${d.bfloat16 ? 'in hardware' : 'not in hardware: float32 is faster here'}`,
    `float32     ${d.gemmGflops} GFLOP/s matrix product, ${d.convolutionGflops} GFLOP/s 3x3 convolution`,
    ...(d.problems.length ? d.problems.map((problem) => `PROBLEM     ${problem}`) : ['all is well']),
  ];
}

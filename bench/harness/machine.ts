import { cpus, loadavg, totalmem, type } from 'node:os';
import { capabilities, threads, version } from 'tandem-torch';
import { processorHasBfloat16 } from 'tandem-vision/internal';

/** What a result's numbers depend on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly bfloat16InHardware: boolean;
  readonly system: string;
  readonly node: string;
  readonly libtorch: string;
  readonly blas: string;
  readonly threads: number;
}

export function describeMachine(): Machine {
  const { openblas, mkl } = capabilities();
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    bfloat16InHardware: processorHasBfloat16(),
    system: `${type()} ${process.arch}`,
    node: process.version,
    libtorch: version(),
    blas: openblas ?? (mkl ? 'Intel MKL' : 'unknown'),
    threads: threads(),
  };
}

/**
 * Mean number of processes that wanted to run during the last minute: more than the cores means a
 * busy machine.
 */
export function load(): number {
  return Math.round((loadavg()[0] as number) * 100) / 100;
}

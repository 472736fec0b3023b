import { readFileSync } from 'node:fs';

/** What a processor must be able to do for OpenBLAS's kernels of a name, widest first. */
const kernels: Readonly<Record<string, readonly string[]>> = {
  SkylakeX: ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl'],
  Haswell: ['avx2', 'fma'],
};

/**
 * The widest kernels of OpenBLAS that a processor can run.
 *
 * @param cpuinfo text of Linux's `/proc/cpuinfo`
 * @returns a name for OPENBLAS_CORETYPE; undefined for a processor without AVX2, and for those
 *   that are not x86
 */
export function widestKernels(cpuinfo: string): string | undefined {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  return Object.keys(kernels).find((name) => kernels[name]?.every((flag) => flags.has(flag)));
}

/**
 * Loads libtorch with the widest kernels of OpenBLAS. Left alone, a release takes kernels by the
 * processor's model, and those of 2004, four times slower, for a model that came after it. It reads
 * the variable once, when it is loaded, and only the main thread can set it.
 */
export function withWidestKernels<T>(load: () => T): T {
  if (process.platform !== 'linux' || process.env.OPENBLAS_CORETYPE) return load();
  const name = widestKernels(readFileSync('/proc/cpuinfo', 'utf8'));
  if (name === undefined) return load();
  process.env.OPENBLAS_CORETYPE = name;
  try {
    return load();
  } finally {
    // Processes that are started later have an OpenBLAS of their own.
    delete process.env.OPENBLAS_CORETYPE;
  }
}

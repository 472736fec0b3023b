import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { widestKernels } from '../src/blas.js';
import { askChild } from './children.js';

const processor = (flags: string) =>
  `processor\t: 0\nmodel\t\t: 207\nflags\t\t: ${flags}\n\nprocessor\t: 1\nflags\t\t: sse\n`;

test('the kernels of a matrix product follow from what the processor can do', () => {
  const wide = 'avx512f avx512dq avx512cd avx512bw avx512vl';
  assert.equal(widestKernels(processor(`fpu sse4_2 avx fma avx2 ${wide} amx_tile`)), 'SkylakeX');
  // AVX-512 without its byte and short vectors, as in Knights Landing.
  assert.equal(widestKernels(processor('avx fma avx2 avx512f avx512cd')), 'Haswell');
  assert.equal(widestKernels(processor('fpu sse4_2 avx')), undefined);
  assert.equal(widestKernels('processor\t: 0\nFeatures\t: fp asimd\n'), undefined);
  assert.equal(widestKernels(''), undefined);
});

/** What OpenBLAS says of itself in a new process, which then does a product. */
const loaded = (environment: string) =>
  askChild<{ openblas: string | null; after: string | null; sum: number }>(`
    delete process.env.OPENBLAS_CORETYPE;
    Object.assign(process.env, ${environment});
    const { openblas = null } = torch.capabilities();
    const sum = torch.scope(() => torch.ones([64, 64]).matmul(torch.ones([64, 64])).sum().item());
    console.log(JSON.stringify({ openblas, after: process.env.OPENBLAS_CORETYPE ?? null, sum }));
  `);

test('OpenBLAS takes the widest kernels, and those that the user names', async (t) => {
  const { openblas, after, sum } = await loaded('{}');
  assert.equal(sum, 64 ** 3);
  assert.equal(after, null);
  const expected = process.platform === 'linux' ? widestKernels(readFileSync('/proc/cpuinfo', 'utf8')) : undefined;
  if (!openblas?.includes('DYNAMIC_ARCH') || !expected) return t.skip('no OpenBLAS with kernels to choose from');
  assert.match(openblas, new RegExp(`\\b${expected}\\b`));

  const named = await loaded("{ OPENBLAS_CORETYPE: 'Nehalem' }");
  assert.match(named.openblas ?? '', /\bNehalem\b/);
  assert.equal(named.after, 'Nehalem');
});

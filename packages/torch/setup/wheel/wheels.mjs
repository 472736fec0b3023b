// Which wheels hold a libtorch for a CPU, and what of them is needed.

/**
 * A wheel, and the SHA-256 of the list that stands in it: that list has the checksums of all files
 * beside it.
 * @typedef {{ project: string, file: string, record: string }} Wheel
 */

/** The release that this engine was tested with. */
export const version = '2.15.0';

/** @param {string} tag @param {string} record @returns {Wheel} */
const torch = (tag, record) => ({ project: 'torch', file: `torch-${version}-cp311-cp311-${tag}.whl`, record });

/**
 * The wheels for Linux are those of CUDA, and their `libtorch_cpu` asks for two of CUDA's small
 * libraries.
 * @param {string} machine @param {string} cupti @param {string} runtime @returns {Wheel[]}
 */
const cuda = (machine, cupti, runtime) => [
  {
    project: 'nvidia-cuda-cupti',
    file: `nvidia_cuda_cupti-13.2.86-py3-none-manylinux_2_25_${machine}.whl`,
    record: cupti,
  },
  {
    project: 'nvidia-cuda-runtime',
    file: `nvidia_cuda_runtime-13.2.86-py3-none-manylinux2014_${machine}.manylinux_2_17_${machine}.whl`,
    record: runtime,
  },
];

/**
 * By Node's names of system and architecture.
 * @type {Record<string, Wheel[]>}
 */
export const wheels = {
  'linux-x64': [
    torch('manylinux_2_28_x86_64', 'd47522ead2f25d247744476fdcae907477ae602ca98dc1fb02de931f869d66be'),
    ...cuda(
      'x86_64',
      'cd99245acf7d27d04935a234596724b75d80ccc69c36670b8631056ddb69f449',
      '795d5f0a013142013ec11b688f2e840b8226ca058c05a1fcc2c8fc8c58c13eac',
    ),
  ],
  'linux-arm64': [
    torch('manylinux_2_28_aarch64', 'e29ff7e2a0aae02efef5bc13f3ebd9b7d9f838afd5f4c69814e539ef839e7be8'),
    ...cuda(
      'aarch64',
      '96326d4b147c9a8d9db62bfc26e5851c06133dc7cd9d9932d77fb99ab7de192d',
      'ad4e7b8016876b8335feba19e08344d0c3fed5f291da243572666c9600ffc745',
    ),
  ],
  'darwin-arm64': [torch('macosx_14_0_arm64', '13590a63c3ddb1a235f60a72ab4ab7335b9c3123aa239098b8c89282687596ae')],
};

/** Python's and CUDA's own libraries. `libtorch.so` only names all the others. */
const notForCpus = /cuda|nvrtc|nvshmem|python|libshm|libtorch\.so|global_deps/;

/**
 * Where a file of a wheel goes in the libtorch.
 * @param {string} path in the wheel
 * @returns {string | null} null for what a CPU does not need
 */
export function placeOf(path) {
  const [, header] = /^torch\/(include\/.+[^/])$/.exec(path) ?? [];
  const [, library] = /^torch\/(lib\/lib[^/]+\.(?:so|dylib)[^/]*)$/.exec(path) ?? [];
  const [, cudas] = /^nvidia\/[^/]+\/(lib\/lib(?:cupti|cudart)\.so[^/]*)$/.exec(path) ?? [];
  const [, licence] = /^[^/]+\.dist-info\/(licenses\/.+[^/])$/.exec(path) ?? [];
  if (path === 'torch/version.py') return 'version.py';
  if (library !== undefined) return notForCpus.test(library) ? null : library;
  return header ?? cudas ?? licence ?? null;
}

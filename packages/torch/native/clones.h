// The addon is compiled for any processor of its kind. Functions marked so exist once more for each
// wider kind of vectors, and the loader takes the widest that the processor at hand has. Their
// loops are of constant length, which GCC turns into vectors at -O2.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define TANDEM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TANDEM_CLONES
#endif

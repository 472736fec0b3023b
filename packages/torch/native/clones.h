// The addon is compiled for any processor of its kind. Functions marked so exist once more for wider vectors, and the loader takes
// the widest that the processor at hand has. Within one, a loop of constant length is written so that the compiler makes vectors of it.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__)
#define TANDEM_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define TANDEM_CLONES
#endif

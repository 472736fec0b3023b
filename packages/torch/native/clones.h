// The addon is compiled for any processor of its kind. Functions marked so exist once more for each
// wider kind of vectors, and the loader takes the widest that the processor at hand has. Their
// loops are of constant length, which GCC turns into vectors at -O2. Where a function is written
// for one kind, TANDEM_AVX512 and TANDEM_AVX2 mark it, and widestVectors() says which may be
// called.
#pragma once

// Marks a function whose products are rounded before they are added, whatever the processor has.
#if defined(__clang__)
#define TANDEM_UNFUSED
#else
#define TANDEM_UNFUSED __attribute__((optimize("fp-contract=off")))
#endif

#include <cstdlib>
#include <string>

namespace tandem {

enum class Vectors { plain, avx2, avx512 };

}  // namespace tandem

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define TANDEM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define TANDEM_AVX512 __attribute__((target("avx512f")))
#define TANDEM_AVX2 __attribute__((target("avx2,fma")))

namespace tandem {

/// What the processor has, and libtorch's own variable allows.
inline Vectors widestVectors() {
  const char* setting = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string allowed = setting ? setting : "";
  if (allowed == "default" || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Vectors::plain;
  return allowed == "avx2" || !__builtin_cpu_supports("avx512f") ? Vectors::avx2 : Vectors::avx512;
}

}  // namespace tandem
#else
#define TANDEM_CLONES
#define TANDEM_AVX512
#define TANDEM_AVX2

namespace tandem {

inline Vectors widestVectors() { return Vectors::plain; }

}  // namespace tandem
#endif

// Where tensors on the CPU get their memory from: the C library, asked in a way that lets a map
// take the place of one that was freed.
#include "functions.h"

#include <c10/core/CPUAllocator.h>

#include <cstdlib>
#include <cstring>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace tandem::functions {

namespace {

constexpr size_t alignment = 64;  // as libtorch has it, and vectors of AVX-512 want it

/// libtorch's own asks for aligned memory. Before glibc 2.38 that takes a block from a larger hole
/// than the block it leaves behind, so that the next of the same size does not fit there: a third
/// of a training step's memory were holes. Here the place is aligned within an ordinary block,
/// whose address stands before it.
struct Aligned : at::Allocator {
  // Whether libtorch has these as const, and the last at all, depends on its version: none says
  // `override`.
  at::DataPtr allocate(size_t bytes) const { return place(bytes); }
  at::DataPtr allocate(size_t bytes) { return place(bytes); }
  at::DeleterFnPtr raw_deleter() const { return release; }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  static at::DataPtr place(size_t bytes) {
    if (bytes == 0) return {nullptr, nullptr, release, at::Device(at::kCPU)};
    void* block = std::malloc(bytes + sizeof(void*) + alignment - 1);
    TORCH_CHECK_WITH(OutOfMemoryError, block != nullptr, "can't allocate memory: you tried to allocate ", bytes, " bytes");
    const auto first = reinterpret_cast<uintptr_t>(block) + sizeof(void*);
    void** data = reinterpret_cast<void**>((first + alignment - 1) / alignment * alignment);
    data[-1] = block;
    return {data, data, release, at::Device(at::kCPU)};
  }

  static void release(void* data) {
    if (data != nullptr) std::free(static_cast<void**>(data)[-1]);
  }
};

}  // namespace

/// keepFreedMemory(): tells the allocator to hold on to big blocks, since giving each temporary
/// back to the system tripled their cost, and to use them again
void keepFreedMemory(Call& call) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2147483647);
  // Never destroyed: tensors may outlive everything else.
  static auto* allocator = new Aligned;
  c10::SetCPUAllocator(allocator);
#endif
}

}  // namespace tandem::functions

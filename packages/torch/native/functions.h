// Every function of the addon that JavaScript can call, in one table: what it returns, its name and
// how many arguments it takes. The files named define them; addon.cc puts them on the module;
// src/binding.ts gives them types.
#pragma once

#include "state.h"

#define TANDEM_FUNCTIONS(FUNCTION)            \
  /* call.cc */                               \
  FUNCTION(napi_value, call, kAnyNumber)      \
  FUNCTION(napi_value, resolve, 4)            \
  FUNCTION(napi_value, schemas, 0)            \
  /* slots.cc */                              \
  FUNCTION(void, attach, 1)                   \
  FUNCTION(napi_value, capacity, 0)           \
  FUNCTION(void, beginScope, 0)               \
  FUNCTION(void, endScope, 1)                 \
  FUNCTION(void, keep, 1)                     \
  FUNCTION(void, dispose, 1)                  \
  FUNCTION(napi_value, liveCount, 0)          \
  FUNCTION(napi_value, live, 0)               \
  FUNCTION(napi_value, freed, 1)              \
  /* tensors.cc */                            \
  FUNCTION(napi_value, fromArray, 4)          \
  FUNCTION(napi_value, fromBuffer, 4)         \
  FUNCTION(void, read, 2)                     \
  FUNCTION(napi_value, item, 1)               \
  FUNCTION(napi_value, shape, 1)              \
  FUNCTION(napi_value, strides, 1)            \
  FUNCTION(napi_value, dtype, 1)              \
  FUNCTION(napi_value, device, 1)             \
  FUNCTION(napi_value, isContiguous, 2)       \
  /* autograd.cc */                           \
  FUNCTION(void, backward, 4)                 \
  FUNCTION(napi_value, gradients, 6)          \
  FUNCTION(napi_value, requiresGrad, 1)       \
  FUNCTION(void, setRequiresGrad, 2)          \
  FUNCTION(napi_value, isLeaf, 1)             \
  FUNCTION(napi_value, gradient, 2)           \
  FUNCTION(void, setGradient, 2)              \
  FUNCTION(napi_value, setGradMode, 1)        \
  FUNCTION(napi_value, gradMode, 0)           \
  FUNCTION(void, beginInference, 0)           \
  FUNCTION(void, endInference, 0)             \
  FUNCTION(napi_value, autocastEnabled, 1)    \
  FUNCTION(napi_value, beginAutocast, 3)      \
  FUNCTION(void, endAutocast, 3)              \
  /* runtime.cc */                            \
  FUNCTION(napi_value, version, 0)            \
  FUNCTION(napi_value, buildSettings, 0)      \
  FUNCTION(napi_value, capabilities, 0)       \
  FUNCTION(napi_value, threads, 0)            \
  FUNCTION(void, setThreads, 1)               \
  FUNCTION(napi_value, allocatedBytes, 0)     \
  FUNCTION(void, seed, 1)                     \
  FUNCTION(napi_value, generatorState, 1)     \
  FUNCTION(void, setGeneratorState, 2)        \
  /* allocator.cc */                          \
  FUNCTION(void, keepFreedMemory, 0)          \
  /* waiting.cc */                            \
  FUNCTION(void, watchNeighbours, 1)          \
  FUNCTION(napi_value, waitsAreShort, 0)      \
  /* async-copy.cc */                         \
  FUNCTION(napi_value, copyAsync, 2)          \
  FUNCTION(void, waitForCopy, 1)              \
  /* cuda.cc */                               \
  FUNCTION(napi_value, hasCudaGraphs, 0)      \
  TANDEM_CUDA_FUNCTIONS(FUNCTION)             \
  /* dist*.cc */                              \
  FUNCTION(napi_value, hasDist, 0)            \
  TANDEM_DIST_FUNCTIONS(FUNCTION)             \
  /* signals.cc */                            \
  TANDEM_SIGNAL_FUNCTIONS(FUNCTION)

/// Those that systems with POSIX signals can do; others lack them.
#ifdef _WIN32
#define TANDEM_SIGNAL_FUNCTIONS(FUNCTION)
#else
#define TANDEM_SIGNAL_FUNCTIONS(FUNCTION)     \
  FUNCTION(void, announceSignals, 1)          \
  FUNCTION(void, forgetSignals, 0)
#endif

/// Those that only builds with CUDA can do; others throw.
#define TANDEM_CUDA_FUNCTIONS(FUNCTION)       \
  FUNCTION(napi_value, cudaMemory, 1)         \
  FUNCTION(void, leaveDefaultStream, 1)       \
  FUNCTION(void, beginCapture, 1)             \
  FUNCTION(napi_value, endCapture, 1)         \
  FUNCTION(void, replayGraph, 1)              \
  FUNCTION(void, freeGraph, 1)

/// Those that only builds with Gloo's headers can do; others throw.
#define TANDEM_DIST_FUNCTIONS(FUNCTION)       \
  FUNCTION(napi_value, openStore, 4)          \
  FUNCTION(napi_value, storeGet, 3)           \
  FUNCTION(void, storeSet, 4)                 \
  FUNCTION(void, closeStore, 1)               \
  FUNCTION(napi_value, openGroup, 9)          \
  FUNCTION(void, closeGroup, 1)               \
  FUNCTION(napi_value, isSentFromGpu, 2)      \
  FUNCTION(napi_value, allReduce, 3)          \
  FUNCTION(napi_value, allGather, 3)          \
  FUNCTION(napi_value, broadcast, 3)          \
  FUNCTION(void, waitForWork, 1)              \
  FUNCTION(napi_value, takeWaits, 1)          \
  FUNCTION(napi_value, gatherRows, 3)         \
  FUNCTION(void, measureAcross, 1)            \
  FUNCTION(napi_value, syncBatchNorm, 9)      \
  FUNCTION(napi_value, openSums, 3)           \
  FUNCTION(void, backwardAndSum, 2)           \
  FUNCTION(void, closeSums, 1)

namespace tandem::functions {

#define TANDEM_DECLARE(Result, name, argumentCount) Result name(Call& call);
TANDEM_FUNCTIONS(TANDEM_DECLARE)
#undef TANDEM_DECLARE

}  // namespace tandem::functions

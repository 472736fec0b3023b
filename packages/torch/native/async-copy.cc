// Copies to a device in a stream of their own, beside the one this thread works in. libtorch's
// generic streams and events suffice: no header of CUDA.
#include "functions.h"

#include "convert.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

namespace tandem::functions {

namespace {

/// This thread's stream of copies to a device. Streams of high priority have a pool of their own,
/// from which no work is done here: so it is never the stream of the work.
c10::Stream copyStreamOf(at::Device device) {
  thread_local std::map<c10::DeviceIndex, c10::Stream> streams;
  auto found = streams.find(device.index());
  if (found == streams.end()) {
    c10::impl::VirtualGuardImpl impl(device.type());
    found = streams.emplace(device.index(), impl.getStreamFromGlobalPool(device, /*isHighPriority=*/true)).first;
  }
  return found->second;
}

at::Device withIndex(at::Device device) {
  return device.has_index() ? device : c10::impl::VirtualGuardImpl(device.type()).getDevice();
}

}  // namespace

/// copyAsync(pinned, device): begins at once, and waits for nothing. What is read: libtorch reuses
/// pinned memory only after the copies that it has seen, each in the stream it ran in. What is
/// written: the memory is allocated in the stream of the copy, so that no work before can still be
/// using it.
napi_value copyAsync(Call& call) {
  at::Device device = withIndex(deviceOf(call.textAt(1)));
  c10::StreamGuard guard(copyStreamOf(device));
  const at::Tensor& pinned = call.tensorAt(0);
  return call.slot(pinned.to(pinned.options().device(device), /*non_blocking=*/true));
}

/// waitForCopy(copy): what this thread's current stream does from now on comes after all copies so
/// far, and the memory of this one goes to no other before that work is done, whenever it is freed.
void waitForCopy(Call& call) {
  const at::Tensor& copy = call.tensorAt(0);
  c10::Stream work = c10::impl::VirtualGuardImpl(copy.device().type()).getStream(copy.device());
  c10::Event copied(copy.device().type());
  copied.record(copyStreamOf(copy.device()));
  copied.block(work);
  copy.record_stream(work);
}

}  // namespace tandem::functions

// Copies to a device in a stream of their own, beside the one this thread works in. libtorch's
// generic streams and events suffice: no header of CUDA.
#include "doors.h"

#include "convert.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

namespace tandem {

namespace {

/// This thread's for a device. Streams of high priority have a pool of their own, from which no
/// work is done here: so it is never the stream of the work.
c10::Stream asideOf(at::Device device) {
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

/// copyAside(pinned, device): begins at once, and waits for nothing. What is read: libtorch reuses
/// pinned memory only after the copies that it has seen, each in the stream it ran in. What is
/// written: the memory is allocated in the stream of the copy, so that no work before can still be
/// using it.
napi_value copyAside(Call& call) {
  at::Device device = withIndex(deviceOf(call.textAt(1)));
  c10::StreamGuard guard(asideOf(device));
  const at::Tensor& pinned = call.state->tensor(call.slotAt(0));
  return call.number(call.state->add(pinned.to(pinned.options().device(device), /*non_blocking=*/true), -1));
}

/// joinAside(copy): what this thread's current stream does from now on comes after all copies so
/// far, and the memory of this one goes to no other before that work is done, whenever it is freed.
napi_value joinAside(Call& call) {
  const at::Tensor& copy = call.state->tensor(call.slotAt(0));
  c10::Stream work = c10::impl::VirtualGuardImpl(copy.device().type()).getStream(copy.device());
  c10::Event copied(copy.device().type());
  copied.record(asideOf(copy.device()));
  copied.block(work);
  copy.record_stream(work);
  return call.undefined();
}

}  // namespace

void addAsideDoors(std::vector<DoorEntry>& doors) {
  doors.insert(doors.end(), {{"copyAside", guarded<copyAside>}, {"joinAside", guarded<joinAside>}});
}

}  // namespace tandem

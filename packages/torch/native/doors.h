// Each file adds its doors here; addon.cc opens them.
#pragma once

#include "state.h"

namespace tandem {

void addCallDoors(std::vector<DoorEntry>& doors);
void addSlotDoors(std::vector<DoorEntry>& doors);
void addTensorDoors(std::vector<DoorEntry>& doors);
void addAutogradDoors(std::vector<DoorEntry>& doors);
void addRuntimeDoors(std::vector<DoorEntry>& doors);
void addAsideDoors(std::vector<DoorEntry>& doors);
void addCudaDoors(std::vector<DoorEntry>& doors);

}  // namespace tandem

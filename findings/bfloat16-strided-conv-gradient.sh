#!/usr/bin/env bash
# PyTorch 1.13 on a CPU leaves most of a bfloat16 kernel's gradient unwritten under a stride.
#
# Behaviour: the gradient of a 3x3 kernel (stride 2, padding 1) over maps of one pixel is, outside
# the kernel's middle, whatever lay in the memory before; in float32 it is 0, as it must be: those
# weights meet padding alone. Deep networks on small pictures have such maps.
# Versions: torch 1.13.1 (wheel of PyPI; Debian 12's 1.13.0a0 too).
# One would guess: zeros, in every precision.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install 'torch==1.13.1' 'numpy<2'
venv/bin/python - <<'PYTHON'
import sys
import torch
from torch.nn.functional import conv2d

print('torch', torch.__version__)


def outside_of_the_middle(dtype, before):
    """The largest gradient of a weight that meets padding alone; freed memory held `before`."""
    torch.manual_seed(0)
    x = torch.randn(16, 8, 1, 1).to(dtype)
    weight = torch.randn(8, 8, 3, 3).to(dtype).requires_grad_()
    freed = [torch.full((size,), before, dtype=dtype) for size in (288, 576, 576, 1152, 4608)]
    del freed
    conv2d(x, weight, stride=2, padding=1).float().square().sum().backward()
    meets_padding = torch.ones(3, 3, dtype=torch.bool)
    meets_padding[1, 1] = False
    return weight.grad.float()[..., meets_padding].abs().nan_to_num(posinf=1e30).max().item()


seen = {
    dtype: [outside_of_the_middle(dtype, before) for before in (1.0, -3.0, 7.0, 100.0) * 5]
    for dtype in (torch.float32, torch.bfloat16)
}
for dtype, values in seen.items():
    print(dtype, 'largest gradients where there is only padding:', values)
if any(seen[torch.float32]):
    sys.exit('changed: float32 is not 0 either')
if not any(seen[torch.bfloat16]):
    sys.exit('changed: bfloat16 gives zeros now')
print('as described')
PYTHON

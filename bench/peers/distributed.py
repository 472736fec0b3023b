"""One of several processes that train by PyTorch's DistributedDataParallel over Gloo, for bench/suites/distributed.

As one would write it: a share of the batch each, projections gathered with their gradients where the loss looks across
the batch. Batch norm is that of each share: torch has none over processes on CPUs. So a step here does less than ours."""

import json
import sys
import time

import torch
import torch.distributed as dist
from augment import Tuned
from methods import METHODS
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from train import read_cifar

GATHERED = ("simclr", "clbo")


class Gather(torch.autograd.Function):
    """The rows of all processes; a row's gradient is the sum of what all have for it."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        parts = [torch.empty_like(x) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.chunk(dist.get_world_size())[dist.get_rank()]


def main(method: str, data: str, batch: int, width: int, steps: int) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    size = dist.get_world_size()
    torch.manual_seed(0)
    learner = METHODS[method](width, 39_000, fused=True)
    together = DistributedDataParallel(learner, broadcast_buffers=False, gradient_as_bucket_view=True)
    learnt = [x for x in learner.parameters() if x.requires_grad]
    sgd = torch.optim.SGD(learnt, lr=0.06, momentum=0.9, weight_decay=5e-4, foreach=True)
    torch.manual_seed(dist.get_rank())
    views = Tuned(read_cifar(data), batch // size).batches(steps)
    seconds = []
    for step in range(steps):
        dist.barrier()
        begun = time.perf_counter()
        a, b = next(views)
        students, teachers = together(a, b)
        if method in GATHERED:
            own = students
            students = [Gather.apply(x) for x in own]
            teachers = students if teachers is own else [Gather.apply(x) for x in teachers]
        loss = learner.loss(students, teachers) * learner.scale
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        learner.before_step()
        sgd.step()
        learner.after_step(step)
        loss.item()
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"torch": torch.__version__, "stepSeconds": seconds}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))

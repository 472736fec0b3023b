"""MoCo and MoBY: a view finds the teacher's key of the other view among the keys of past batches."""

from functools import partial

import torch
from methods.base import DIM, WithTeacher, mlp
from methods.split_batch_norm import SplitBatchNorm
from resnet import ResNet18
from torch import Tensor, nn
from torch.nn import functional as F


class Bank(nn.Module):
    """Keys of past batches, first in, first out."""

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("keys", torch.empty(size, DIM))
        self.pointer = 0

    def start(self) -> None:
        """Random keys at first."""
        self.keys.copy_(F.normalize(torch.randn_like(self.keys)))

    def loss(self, queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
        """Each query finds its own key, of length 1, among those of the bank."""
        queries = F.normalize(queries)
        own = (queries * keys).sum(1, keepdim=True)
        logits = torch.cat([own, queries @ self.keys.T], 1) / temperature
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))

    def enqueue(self, keys: Tensor) -> None:
        """After the backward pass, which needs the old ones."""
        self.keys[self.pointer : self.pointer + len(keys)] = keys
        self.pointer = (self.pointer + len(keys)) % len(self.keys)


class WithBanks(WithTeacher):
    views: int  # whose keys are kept, in a bank each

    def build(self) -> None:
        super().build()
        self.banks = nn.ModuleList(Bank(4096) for _ in range(self.views))

    def start(self) -> None:
        super().start()
        for bank in self.banks:
            bank.start()

    def enqueue(self) -> None:
        for bank, keys in zip(self.banks, self.keys):
            bank.enqueue(keys)


class MoCo(WithBanks):
    views = 1
    shuffled = True

    def network(self, width: int) -> nn.Module:
        norm = partial(SplitBatchNorm, splits=8)
        return nn.Sequential(ResNet18(width, norm), mlp(8 * width, norm=norm))

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        order = torch.randperm(len(b)) if self.shuffled else torch.arange(len(b))
        [keys] = self.teach(b[order])
        return [self.student(a)], [keys[order.argsort()]]

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        self.keys = [F.normalize(teachers[0])]
        return self.banks[0].loss(students[0], self.keys[0], 0.1)

    def after_step(self, step: int) -> None:
        self.enqueue()
        self.follow(0.01)


class MoBY(WithBanks):
    views = 2
    scale = 0.5

    def build(self) -> None:
        super().build()
        self.predictor = mlp(DIM)

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        students, teachers = super().forward(a, b)
        return [self.predictor(z) for z in students], teachers

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        self.keys = [F.normalize(z) for z in teachers]
        # The other view's key, among those of its kind.
        others = zip(students, reversed(self.banks), reversed(self.keys))
        return sum(bank.loss(queries, keys, 0.2) for queries, bank, keys in others)

    def after_step(self, step: int) -> None:
        self.enqueue()
        self.follow(self.cosine_rate(step + 1))  # the next step's: the authors move the teacher in front of it

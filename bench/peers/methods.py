"""SimCLR, BYOL and CLBO as one would write them in PyTorch, with the settings that Tandem has by default."""

import math
from copy import deepcopy

import torch
from resnet import ResNet18
from torch import Tensor, nn
from torch.nn import functional as F

DIM = 512


def mlp(inputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, DIM, bias=False),
        nn.BatchNorm1d(DIM),
        nn.ReLU(inplace=True),
        nn.Linear(DIM, DIM),
    )


def info_nce(students: list[Tensor], teachers: list[Tensor], temperature: float) -> Tensor:
    """Each view finds the other view of its image among all views but itself."""
    v, w = F.normalize(torch.cat(students)), F.normalize(torch.cat(teachers))
    logits = (v @ w.T / temperature).fill_diagonal_(float("-inf"))
    place = torch.arange(len(v))
    return F.cross_entropy(logits, place.roll(len(v) // 2))


def cosine_distance(a: Tensor, b: Tensor) -> Tensor:
    return 2 - 2 * F.cosine_similarity(a, b).mean()


@torch.no_grad()
def move_towards(target: list[Tensor], source: list[Tensor], rate: float, fused: bool) -> None:
    """target += rate (source - target)."""
    if fused:
        torch._foreach_mul_(target, 1 - rate)
        torch._foreach_add_(target, source, alpha=rate)
    else:
        for t, s in zip(target, source):
            t.copy_(t * (1 - rate) + s * rate)


class SimCLR(nn.Module):
    scale = 1.0

    def __init__(self, width: int, steps: int, fused: bool):
        super().__init__()
        self.steps, self.fused = steps, fused
        self.student = nn.Sequential(ResNet18(width), mlp(8 * width))
        self.build()

    def build(self) -> None:
        """What a method has beside the student."""

    def start(self) -> None:
        """Once the student has its first weights."""

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What the loss compares."""
        z = [self.student(a), self.student(b)]
        return z, z

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return info_nce(students, teachers, 0.5)

    def before_step(self) -> None:
        """Changes gradients."""

    def after_step(self, step: int) -> None:
        """Moves the teacher."""


class WithTeacher(SimCLR):
    def build(self) -> None:
        self.teacher = deepcopy(self.student).requires_grad_(False)
        self.theta = list(self.student.parameters())
        self.xi = list(self.teacher.parameters())

    def start(self) -> None:
        self.teacher.load_state_dict(self.student.state_dict())

    @torch.no_grad()
    def teach(self, a: Tensor, b: Tensor) -> list[Tensor]:
        return [self.teacher(a), self.teacher(b)]


class BYOL(WithTeacher):
    scale = 0.25

    def build(self) -> None:
        super().build()
        self.predictor = mlp(DIM)

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        teachers = self.teach(a, b)
        return [self.predictor(self.student(x)) for x in (a, b)], teachers

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return cosine_distance(students[0], teachers[1]) + cosine_distance(students[1], teachers[0])

    def after_step(self, step: int) -> None:
        rate = 0.01 * (math.cos(math.pi * step / self.steps) + 1) / 2
        move_towards(self.xi, self.theta, rate, self.fused)


class CLBO(WithTeacher):
    pull = 1e-4
    lookahead = 2

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        teachers = self.teach(a, b)
        return [self.student(a), self.student(b)], teachers

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return info_nce(students, teachers, 0.2)

    @torch.no_grad()
    def before_step(self) -> None:
        if self.fused:
            gradients = [x.grad for x in self.theta]
            torch._foreach_add_(gradients, self.theta, alpha=self.pull)
            torch._foreach_add_(gradients, self.xi, alpha=-self.pull)
        else:
            for theta, xi in zip(self.theta, self.xi):
                theta.grad += self.pull * (theta - xi)

    def after_step(self, step: int) -> None:
        if (step + 1) % self.lookahead == 0:
            move_towards(self.xi, self.theta, 0.01, self.fused)


METHODS = {"simclr": SimCLR, "byol": BYOL, "clbo": CLBO}

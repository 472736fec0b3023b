"""What methods have in common: heads, a network that learns, and a teacher that follows it."""

import math
from copy import deepcopy

import torch
from resnet import Norm, ResNet18
from torch import Tensor, nn

DIM = 512


def mlp(inputs: int, hidden: int = DIM, layers: int = 2, norm: Norm = nn.BatchNorm1d) -> nn.Sequential:
    parts = []
    for width in [inputs, *[hidden] * (layers - 2)]:
        parts += [nn.Linear(width, hidden, bias=False), norm(hidden), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts, nn.Linear(hidden, DIM))


class Method(nn.Module):
    scale = 1.0

    def __init__(self, width: int, steps: int, fused: bool):
        super().__init__()
        self.steps, self.fused = steps, fused
        self.student = self.network(width)
        self.build()
        self.start()

    def network(self, width: int) -> nn.Module:
        """Encoder and projector."""
        return nn.Sequential(ResNet18(width), mlp(8 * width))

    def build(self) -> None:
        """What a method has beside the student."""

    def start(self) -> None:
        """Once the student has its first weights."""

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What the loss compares: of both views what learns, and what it is held against."""
        z = [self.student(a), self.student(b)]
        return z, z

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def before_step(self) -> None:
        """Changes gradients."""

    def after_step(self, step: int) -> None:
        """Moves the teacher."""


class WithTeacher(Method):
    """A teacher that starts as a copy of the student."""

    def build(self) -> None:
        self.teacher = deepcopy(self.student).requires_grad_(False)
        self.theta = list(self.student.parameters())
        self.xi = list(self.teacher.parameters())

    def start(self) -> None:
        self.teacher.load_state_dict(self.student.state_dict())

    @torch.no_grad()
    def teach(self, *views: Tensor) -> list[Tensor]:
        return [self.teacher(x) for x in views]

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        teachers = self.teach(a, b)
        return [self.student(a), self.student(b)], teachers

    @torch.no_grad()
    def follow(self, rate: float) -> None:
        """xi += rate (theta - xi)."""
        if self.fused:
            torch._foreach_mul_(self.xi, 1 - rate)
            torch._foreach_add_(self.xi, self.theta, alpha=rate)
        else:
            for xi, theta in zip(self.xi, self.theta):
                xi.copy_(xi * (1 - rate) + theta * rate)

    def cosine_rate(self, step: int) -> float:
        """Of a momentum that rises from .99 to 1."""
        return 0.01 * (math.cos(math.pi * step / self.steps) + 1) / 2

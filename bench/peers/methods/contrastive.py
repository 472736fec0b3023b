"""SimCLR and CLBO: views find each other among the views of the batch."""

import torch
from methods.base import Method, WithTeacher
from torch import Tensor
from torch.nn import functional as F


def info_nce(students: list[Tensor], teachers: list[Tensor], temperature: float) -> Tensor:
    """Each view finds the other view of its image among all views but itself."""
    v, w = F.normalize(torch.cat(students)), F.normalize(torch.cat(teachers))
    logits = (v @ w.T / temperature).fill_diagonal_(float("-inf"))
    place = torch.arange(len(v))
    return F.cross_entropy(logits, place.roll(len(v) // 2))


class SimCLR(Method):
    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return info_nce(students, teachers, 0.5)


class CLBO(WithTeacher):
    pull = 1e-4
    lookahead = 2

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
            self.follow(0.01)

"""BYOL and SimSiam: a predictor on one view's projection meets the other view's, which stands still."""

from methods.base import DIM, Method, WithTeacher, mlp
from resnet import ResNet18
from torch import Tensor, nn
from torch.nn import functional as F


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return F.cosine_similarity(a, b).mean()


class BYOL(WithTeacher):
    scale = 0.25

    def build(self) -> None:
        super().build()
        self.predictor = mlp(DIM)

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        students, teachers = super().forward(a, b)
        return [self.predictor(z) for z in students], teachers

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return 4 - 2 * cosine(students[0], teachers[1]) - 2 * cosine(students[1], teachers[0])

    def after_step(self, step: int) -> None:
        self.follow(self.cosine_rate(step))


class SimSiam(Method):
    """The predictor's rate stays where the others fall; here none does."""

    def network(self, width: int) -> nn.Module:
        projector = mlp(8 * width)
        projector[-1] = nn.Linear(DIM, DIM, bias=False)
        return nn.Sequential(ResNet18(width), projector, nn.BatchNorm1d(DIM, affine=False))

    def build(self) -> None:
        self.predictor = mlp(DIM, hidden=DIM // 4)

    def forward(self, a: Tensor, b: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        z = [self.student(a), self.student(b)]
        return [self.predictor(x) for x in z], [x.detach() for x in z]

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        return -(cosine(students[0], teachers[1]) + cosine(students[1], teachers[0])) / 2

"""Barlow Twins and VICReg: what the dimensions of two views have to do with each other."""

from methods.base import Method, mlp
from resnet import ResNet18
from torch import Tensor, nn
from torch.nn import functional as F


def off_diagonal(matrix: Tensor) -> Tensor:
    """All elements but the diagonal's, without a copy."""
    n = len(matrix)
    return matrix.flatten()[:-1].view(n - 1, n + 1)[:, 1:]


class WithThreeLayers(Method):
    def network(self, width: int) -> nn.Module:
        return nn.Sequential(ResNet18(width), mlp(8 * width, layers=3))


class BarlowTwins(WithThreeLayers):
    redundancy = 0.0051

    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        a, b = (F.batch_norm(z, None, None, training=True) for z in students)
        correlation = a.T @ b / len(a)
        on_diagonal = (correlation.diagonal() - 1).square().sum()
        return on_diagonal + self.redundancy * off_diagonal(correlation).square().sum()


class VICReg(WithThreeLayers):
    def loss(self, students: list[Tensor], teachers: list[Tensor]) -> Tensor:
        a, b = students
        variance = self.variance(a) + self.variance(b)
        return 25 * F.mse_loss(a, b) + 25 * variance / 2 + self.covariance(a) + self.covariance(b)

    @staticmethod
    def variance(z: Tensor) -> Tensor:
        return F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean()

    @staticmethod
    def covariance(z: Tensor) -> Tensor:
        n, d = z.shape
        z = z - z.mean(0)
        return off_diagonal(z.T @ z / (n - 1)).square().sum() / d

"""Batch norm by parts of the batch, as MoCo has it on one device (facebookresearch/moco, CIFAR-10 demo)."""

from torch import Tensor, nn
from torch.nn import functional as F


class SplitBatchNorm(nn.BatchNorm2d):
    """Of [n, c, h, w] or [n, c]. Image i belongs to part i mod splits, and each part is normalised as channels of its own."""

    def __init__(self, channels: int, splits: int):
        super().__init__(channels)
        self.splits = splits

    def forward(self, x: Tensor) -> Tensor:
        s, c = self.splits, self.num_features
        if x.is_contiguous():
            return self.normalised(x.view(-1, s * c, *x.shape[2:])).view_as(x)
        # Channels-last: h and w go before the parts, and back.
        pixels = x.permute(0, 2, 3, 1).unflatten(0, (-1, s))
        y = self.normalised(pixels.permute(0, 2, 3, 1, 4).flatten(3).permute(0, 3, 1, 2))
        parts = y.permute(0, 2, 3, 1).unflatten(3, (s, c))
        return parts.permute(0, 3, 1, 2, 4).flatten(0, 1).permute(0, 3, 1, 2)

    def normalised(self, x: Tensor) -> Tensor:
        s, c = self.splits, self.num_features
        mean, variance = self.running_mean.repeat(s), self.running_var.repeat(s)
        weight, bias = self.weight.repeat(s), self.bias.repeat(s)
        y = F.batch_norm(x, mean, variance, weight, bias, True, self.momentum, self.eps)
        self.running_mean.copy_(mean.view(s, c).mean(0))
        self.running_var.copy_(variance.view(s, c).mean(0))
        return y

"""ResNet-18 of any width, for the training loops beside it."""

from collections.abc import Callable

import torch
from torch import nn

Norm = Callable[[int], nn.Module]


class BasicBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, norm: Norm):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = norm(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = norm(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                norm(outputs),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return self.relu(out)


class ResNet18(nn.Module):
    """torchvision's as an encoder, with the stem for small images: 3x3 at stride 1, no pooling."""

    def __init__(self, width: int, norm: Norm = nn.BatchNorm2d):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = self.stage(width, width, 1, norm)
        self.layer2 = self.stage(width, 2 * width, 2, norm)
        self.layer3 = self.stage(2 * width, 4 * width, 2, norm)
        self.layer4 = self.stage(4 * width, 8 * width, 2, norm)
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    @staticmethod
    def stage(inputs: int, outputs: int, stride: int, norm: Norm) -> nn.Sequential:
        return nn.Sequential(BasicBlock(inputs, outputs, stride, norm), BasicBlock(outputs, outputs, 1, norm))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return torch.flatten(self.avgpool(x), 1)

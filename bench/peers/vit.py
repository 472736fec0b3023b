"""Training steps of ViT-S/16 in PyTorch, plain and compiled, for bench/suites/vit.ts to compare with."""

import time

import torch
from peer import serve
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).view(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Encoder(nn.Module):
    """Names are timm's."""

    def __init__(self, width: int, heads: int, depth: int, patch: int, size: int):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, width))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, patch, patch)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), patches], 1) + self.pos_embed
        return self.norm(self.blocks(x)[:, 0])


class Trained(nn.Module):
    def __init__(self, classes: int, shape: dict):
        super().__init__()
        self.encoder = Encoder(**shape)
        self.head = nn.Linear(shape["width"], classes)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self.head(self.encoder(x)), labels)


def prepare(shape: dict, classes: int, batch: int, compiled: bool, bfloat16: bool) -> float:
    """@returns the loss of the first step, with weights and images drawn in the order of bench/suites/vit.ts"""
    global model, run, optimizer, images, labels, autocast
    model = Trained(classes, shape)
    autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, x in sorted(model.named_parameters()):
            x.normal_(std=0.02)
            if ".norm" in name and name.endswith("weight"):
                x.add_(1)
        images = torch.randn(batch, 3, shape["size"], shape["size"])
    labels = torch.arange(batch) % classes
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05, fused=True)
    run = torch.compile(model) if compiled else model
    return step()


def step() -> float:
    with autocast():
        loss = run(images, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(steps: int) -> float:
    """Seconds of a step."""
    begun = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - begun) / steps


if __name__ == "__main__":
    serve({"prepare": prepare, "train": train})

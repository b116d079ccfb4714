"""What the main program left in the folder that is the first argument: bench/peers/material.ts says what its files hold."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

NETS = {"784-100-10": [784, 100, 10], "784-1000-1000-10": [784, 1000, 1000, 10]}

folder = Path(sys.argv[1])


def floats(name: str) -> Tensor:
    return torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=torch.float32)


def octets(name: str) -> Tensor:
    return torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=torch.uint8)


@cache
def whole_set() -> tuple[Tensor, Tensor]:
    """Images [60000, 784] and one-hot labels, float32 and in memory."""
    pixels, answers = octets("pixels.u8"), octets("answers.u8").to(torch.int64)
    return pixels.reshape(len(answers), -1).to(torch.float32).mul_(1 / 255), functional.one_hot(answers, 10).float()


def layers_of(net: str) -> list[tuple[Tensor, Tensor]]:
    """A weight [O, I] and a bias [O] a layer."""
    sizes, numbers, layers, at = NETS[net], floats(f"{net}.f32"), [], 0
    for inputs, outputs in zip(sizes, sizes[1:]):
        weight = numbers[at : at + outputs * inputs].reshape(outputs, inputs)
        at += outputs * inputs
        layers.append((weight, numbers[at : at + outputs]))
        at += outputs
    return layers


def batch_of(size: int) -> tuple[Tensor, Tensor]:
    return floats("rows.f32")[: size * 784].reshape(size, 784).clone(), octets("labels.u8")[:size].to(torch.int64)


def flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])

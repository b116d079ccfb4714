"""The article's experiment in PyTorch, written from its description, to be timed beside ours.

A network 784-100-100-10 with BatchNorm after ReLU learns MNIST, then Fashion-MNIST, with Adam at 1e-4. After each task
the gradient of the mean of log_softmax(logits)[:, target] over 301 batches is squared; the penalty is 1e6 / 2 times the
sum of these squares times the squared distance from the weights of then.

Prints one line of JSON. `seconds` is training and registration; reading files, importing and judging are left out.
Exit code 3: PyTorch is missing.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

BATCH = 100
LEARNING_RATE = 1e-4
WEIGHT = 1e6
LAST_BATCH = 300
SETS = ("mnist", "fashion-mnist")


def read_idx(path: Path) -> Tensor:
    """An IDX file of unsigned bytes: a header of 4 bytes and 4 more a dimension, then the numbers."""
    content = bytearray(path.read_bytes())
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank)]
    return torch.frombuffer(content, dtype=torch.uint8, offset=4 + 4 * rank).reshape(shape)


def read_set(folder: Path, part: str, images: int | None) -> tuple[Tensor, Tensor]:
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte")[:images]
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte")[:images]
    return pixels.reshape(len(pixels), -1), labels.to(torch.int64)


class Images(Dataset):
    """One image at a time, as torchvision's ToTensor makes it, without its detour over an image object."""

    def __init__(self, pixels: Tensor, labels: Tensor) -> None:
        self.pixels = pixels
        self.labels = labels.tolist()

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.pixels[index].to(torch.float32).div(255), self.labels[index]


class InMemory:
    """Shuffled batches of float32 images that are in memory already."""

    def __init__(self, pixels: Tensor, labels: Tensor) -> None:
        self.images = pixels.to(torch.float32).div(255)
        self.labels = labels

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for rows in torch.randperm(len(self.images)).split(BATCH):
            yield self.images[rows], self.labels[rows]


class Penalty:
    """What the article registers after a task; the last one alone is kept."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.kept: list[tuple[nn.Parameter, Tensor, Tensor]] = []

    def register(self, batches: DataLoader | InMemory) -> None:
        crossed = []
        for index, (images, target) in enumerate(batches):
            if index > LAST_BATCH:
                break
            crossed.append(functional.log_softmax(self.model(images), dim=1)[:, target])
        parameters = list(self.model.parameters())
        gradients = torch.autograd.grad(torch.cat(crossed).mean(), parameters)
        self.kept = [
            (parameter, gradient.detach().square(), parameter.detach().clone())
            for parameter, gradient in zip(parameters, gradients)
        ]

    def __call__(self) -> Tensor | float:
        return WEIGHT / 2 * sum((fisher * (now - then).square()).sum() for now, fisher, then in self.kept)


def network() -> nn.Module:
    return nn.Sequential(
        nn.Linear(784, 100),
        nn.ReLU(),
        nn.BatchNorm1d(100),
        nn.Linear(100, 100),
        nn.ReLU(),
        nn.BatchNorm1d(100),
        nn.Linear(100, 10),
    )


@torch.no_grad()
def accuracy(model: nn.Module, pixels: Tensor, labels: Tensor) -> float:
    model.eval()
    found = model(pixels.to(torch.float32).div(255)).argmax(dim=1)
    model.train()
    return (found == labels).double().mean().item()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The article's experiment in PyTorch, timed")
    parser.add_argument("--data", type=Path, help="folder with mnist and fashion-mnist, raw IDX files in each")
    parser.add_argument("--variant", choices=("dataloader", "memory"), default="dataloader")
    parser.add_argument("--epochs", type=int, default=4, help="a task")
    parser.add_argument("--images", type=int, help="how many of each training set (default: all)")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; 0 leaves its default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--versions", action="store_true", help="only say what is here")
    given = parser.parse_args()
    if given.data is None and not given.versions:
        parser.error("--data is missing")
    return given


def main() -> None:
    given = options()
    if given.threads > 0:
        torch.set_num_threads(given.threads)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "threads": torch.get_num_threads()}
    if given.versions:
        print(json.dumps(versions))
        return
    torch.manual_seed(given.seed)

    tests = {name: read_set(given.data / name, "t10k", None) for name in SETS}
    tasks: list[DataLoader | InMemory] = []
    for name in SETS:
        pixels, labels = read_set(given.data / name, "train", given.images)
        if given.variant == "memory":
            tasks.append(InMemory(pixels, labels))
        else:
            tasks.append(DataLoader(Images(pixels, labels), batch_size=BATCH, shuffle=True))

    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    penalty = Penalty(model)
    started = time.perf_counter()
    for batches in tasks:
        for _ in range(given.epochs):
            for images, target in batches:
                loss = functional.cross_entropy(model(images), target) + penalty()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        penalty.register(batches)
    seconds = time.perf_counter() - started

    mnist, fashion = (accuracy(model, *tests[name]) for name in SETS)
    print(
        json.dumps(
            {
                **versions,
                "variant": given.variant,
                "epochs": given.epochs,
                "images": given.images,
                "seed": given.seed,
                "seconds": seconds,
                "mnist": mnist,
                "fashion": fashion,
            }
        )
    )


if __name__ == "__main__":
    main()

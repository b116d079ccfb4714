"""What a PyTorch user runs on a CPU, answering lines: the step, the Fisher, inference and products.

Says `subject <name> <every>` for each thing it can time, then `ready <versions>`; then answers `time <subject> <calls>`
with `ok <seconds a call>`, after a call that is not counted, and `check <subject>` with `ok`, leaving float32 numbers in
the file `result` of its folder, whose other files are its inputs (bench/peers/material.ts says what they hold).
`missing <why>` instead of `ready`: PyTorch is not there.

A step is nn.Sequential, cross_entropy, backward and Adam, fused or foreach, whichever is faster here: both are tried. A
Fisher takes chunks of 400 and squares of factors, the exact one in closed form instead of a sweep a class; the loop
over samples asks autograd, sample by sample. One thread unless a name ends with a number of threads.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

try:
    import torch
except ImportError as error:
    print(f"missing {sys.executable} has no PyTorch ({error}); 'pip install torch' brings it, --python names another")
    sys.exit()

from torch import Tensor, nn
from torch.nn import functional

NETS = {"784-100-10": [784, 100, 10], "784-1000-1000-10": [784, 1000, 1000, 10]}
STEP_BATCH = {"784-100-10": 100, "784-1000-1000-10": 256}
BATCHES = (1, 8, 32, 100, 256, 1024)
CHUNK = 400
COMPARED_STEPS = (1, 5)
TRIALS = 5
# where B of a product begins among the numbers
SECOND = 500_009

folder = Path(sys.argv[1])
loop_samples = int(sys.argv[2])
products = sys.argv[3:]


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


class Step:
    def __init__(self, net: str, fused: bool) -> None:
        modules: list[nn.Module] = []
        for weight, bias in layers_of(net):
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
            modules += [linear, nn.ReLU()]
        self.model = nn.Sequential(*modules[:-1])
        self.x, self.y = batch_of(STEP_BATCH[net])
        kind = {"fused": True} if fused else {"foreach": True}
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, **kind)

    def __call__(self) -> None:
        self.optimizer.zero_grad()
        functional.cross_entropy(self.model(self.x), self.y).backward()
        self.optimizer.step()

    def result(self) -> Tensor:
        """Weights after 1 step and after 5."""
        kept = []
        for step in range(1, max(COMPARED_STEPS) + 1):
            self()
            if step in COMPARED_STEPS:
                kept.append(flat(list(self.model.parameters())))
        return torch.cat(kept)


class Inference:
    def __init__(self, net: str, size: int) -> None:
        self.layers = layers_of(net)
        self.x, _ = batch_of(size)

    def __call__(self) -> Tensor:
        with torch.inference_mode():
            x = self.x
            for weight, bias in self.layers[:-1]:
                x = functional.linear(x, weight, bias).relu_()
            return functional.linear(x, *self.layers[-1])

    result = __call__


class Gemm:
    def __init__(self, sizes: str, form: str) -> None:
        m, n, k = map(int, sizes.split("x"))
        numbers = floats("numbers.f32")

        def operand(count: int, offset: int) -> Tensor:
            return numbers.repeat((count + offset) // len(numbers) + 1)[offset : offset + count].clone()

        a, b = operand(m * k, 0), operand(k * n, SECOND)
        self.a = a.reshape(k, m).T if form == "tn" else a.reshape(m, k)
        self.b = b.reshape(n, k).T if form == "nt" else b.reshape(k, n)
        self.out = torch.empty(m, n)

    def __call__(self) -> Tensor:
        return torch.mm(self.a, self.b, out=self.out)

    result = __call__


class Fisher:
    """Mean squares of the gradients of a network with one hidden layer, without a gradient of any sample."""

    def __init__(self, net: str, kind: str) -> None:
        (self.w1, self.b1), (self.w2, self.b2) = layers_of(net)
        self.x, self.labels = whole_set()
        self.exact = kind == "exact"

    @torch.inference_mode()
    def __call__(self) -> Tensor:
        f_w1, f_b1, f_w2, f_b2 = (torch.zeros_like(tensor) for tensor in (self.w1, self.b1, self.w2, self.b2))
        squared_w2 = self.w2.square()
        for x, labels in zip(self.x.split(CHUNK), self.labels.split(CHUNK)):
            hidden = functional.linear(x, self.w1, self.b1).relu_()
            p = functional.linear(hidden, self.w2, self.b2).softmax(1)
            if self.exact:
                # over classes c: sum p_c (e_c - p)^2 = p (1 - p), and sum p_c (W_c - p W)^2 = p W^2 - (p W)^2
                outer = p * (1 - p)
                inner = (p @ squared_w2).sub_((p @ self.w2).square_())
            else:
                delta = p - labels
                outer = delta.square()
                inner = (delta @ self.w2).square_()
            inner.mul_(hidden > 0)
            f_w2.addmm_(outer.T, hidden.square_())
            f_b2.add_(outer.sum(0))
            f_w1.addmm_(inner.T, x.square())
            f_b1.add_(inner.sum(0))
        return flat([f_w1, f_b1, f_w2, f_b2]).div_(len(self.x))

    result = __call__


class FisherLoop:
    """One sample at a time: a gradient of each class's log-probability, or of the label's alone."""

    def __init__(self, net: str, exact: bool) -> None:
        self.parameters = [tensor.clone().requires_grad_() for layer in layers_of(net) for tensor in layer]
        x, labels = whole_set()
        self.all = len(x)
        self.x, self.labels = x[:loop_samples], labels[:loop_samples].argmax(1).tolist()
        self.exact = exact

    def __call__(self) -> Tensor:
        w1, b1, w2, b2 = self.parameters
        sums = [torch.zeros_like(parameter) for parameter in self.parameters]
        for row, label in enumerate(self.labels):
            hidden = functional.linear(self.x[row : row + 1], w1, b1).relu()
            log_p = functional.linear(hidden, w2, b2).log_softmax(1)[0]
            for chosen in range(len(b2)) if self.exact else [label]:
                gradients = torch.autograd.grad(log_p[chosen], self.parameters, retain_graph=True)
                weight = log_p[chosen].exp().item() if self.exact else 1
                for total, gradient in zip(sums, gradients):
                    total.addcmul_(gradient, gradient, value=weight)
        return flat(sums).div_(len(self.labels))

    result = __call__

    @property
    def scale(self) -> float:
        """From the samples that it looks at to all of the set."""
        return self.all / len(self.labels)


def seconds(run: Callable[[], object], calls: int) -> float:
    run()
    started = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - started) / calls


def median_of_trials(step: Step) -> float:
    return sorted(seconds(step, 1) for _ in range(TRIALS))[TRIALS // 2]


def threads_of(name: str) -> int:
    kind, *path = name.split("/")
    return int(path[2]) if kind in ("step", "fisher") and len(path) == 3 else 1


class Subjects:
    def __init__(self) -> None:
        self.made: dict[str, object] = {}
        self.faster: dict[str, str] = {}
        for net, batch in STEP_BATCH.items():
            for threads in (1, 2):
                torch.set_num_threads(threads)
                times = {kind: median_of_trials(Step(net, kind == "fused")) for kind in ("fused", "foreach")}
                self.faster[f"step/{net}/{batch}/{threads}"] = min(times, key=times.__getitem__)

    def names(self) -> list[tuple[str, int]]:
        """And every how many rounds to time them."""
        kinds = [("exact", 2), ("exact/2", 2), ("empirical", 2), ("empirical/2", 2), ("loop", 10), ("loop-empirical", 10)]
        return [
            *((name, 1) for name in self.faster),
            *((f"inference/{net}/{batch}", 1) for net in NETS for batch in BATCHES),
            *((f"fisher/784-100-10/{kind}", every) for kind, every in kinds),
            *((name, 1) for name in products),
        ]

    def fresh(self, name: str) -> Callable[[], Tensor]:
        kind, net, *path = name.split("/")
        if kind == "step":
            return Step(net, self.faster[name] == "fused")
        if kind == "inference":
            return Inference(net, int(path[0]))
        if kind == "gemm":
            return Gemm(net, path[0])
        if path[0].startswith("loop"):
            return FisherLoop(net, path[0] == "loop")
        return Fisher(net, path[0])

    def get(self, name: str) -> Callable[[], Tensor]:
        torch.set_num_threads(threads_of(name))
        if name not in self.made:
            self.made[name] = self.fresh(name)
        return self.made[name]

    def answer(self, verb: str, name: str, calls: str = "1") -> str:
        if verb == "time":
            subject = self.get(name)
            return f"ok {seconds(subject, int(calls)) * getattr(subject, 'scale', 1)}"
        if verb == "check":
            torch.set_num_threads(threads_of(name))
            (folder / "result").write_bytes(self.fresh(name).result().numpy().tobytes())
            return "ok"
        return f"error unknown verb {verb}"


def main() -> None:
    subjects = Subjects()
    for name, every in subjects.names():
        print("subject", name, every)
    adam = ", ".join(f"{kind} in {name}" for name, kind in subjects.faster.items())
    print(
        f"ready PyTorch {torch.__version__}, Python {platform.python_version()}; one thread unless a name ends with a "
        f"number of them; Adam {adam}; the exact Fisher in closed form; loops over {loop_samples} samples, extrapolated",
        flush=True,
    )
    for line in sys.stdin:
        try:
            print(subjects.answer(*line.split()), flush=True)
        except Exception as error:
            print("error", type(error).__name__, " ".join(str(error).split()), flush=True)


if __name__ == "__main__":
    main()

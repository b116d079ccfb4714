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

try:
    import torch
except ImportError as error:
    print(f"missing {sys.executable} has no PyTorch ({error}); 'pip install torch' brings it, --python names another")
    sys.exit()

from torch import Tensor, nn
from torch.nn import functional
from torch_fisher import Fisher, FisherLoop
from torch_inputs import NETS, batch_of, flat, floats, folder, layers_of

STEP_BATCH = {"784-100-10": 100, "784-1000-1000-10": 256}
BATCHES = (1, 8, 32, 100, 256, 1024)
COMPARED_STEPS = (1, 5)
TRIALS = 5
# where B of a product begins among the numbers
SECOND = 500_009

loop_samples = int(sys.argv[2])
products = sys.argv[3:]


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


# seconds of calls that are not counted, at least one
WARM_UP = 0.02


def seconds(run: Callable[[], object], calls: int) -> float:
    awake = time.perf_counter() + WARM_UP
    run()
    while time.perf_counter() < awake:
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
            return FisherLoop(net, path[0] == "loop", loop_samples)
        return Fisher(net, path[0] == "exact")

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

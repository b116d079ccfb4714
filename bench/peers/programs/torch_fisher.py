"""The Fisher information's diagonal in PyTorch: with squared factors, and sample by sample."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch_inputs import flat, layers_of, whole_set

CHUNK = 400


class Fisher:
    """Mean squares of the gradients of a network with one hidden layer, without a gradient of any sample."""

    def __init__(self, net: str, exact: bool) -> None:
        (self.w1, self.b1), (self.w2, self.b2) = layers_of(net)
        self.x, self.labels = whole_set()
        self.exact = exact

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

    def __init__(self, net: str, exact: bool, samples: int) -> None:
        self.parameters = [tensor.clone().requires_grad_() for layer in layers_of(net) for tensor in layer]
        x, labels = whole_set()
        self.all = len(x)
        self.x, self.labels = x[:samples], labels[:samples].argmax(1).tolist()
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

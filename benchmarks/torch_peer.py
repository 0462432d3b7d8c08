"""PyTorch as a contestant, in any of its configurations."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import chainrule as cr
from benchmarks.contestant import Contestant
from benchmarks.inputs import convolution_inputs, network_of, prepared
from benchmarks.networks import as_rows
from benchmarks.torch_modules import module_of
from benchmarks.works import CHANNELS, KERNEL, LEARNING_RATES, PADDING, Work

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adadelta": torch.optim.Adadelta}


def build(work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    torch.set_flush_denormal(True)  # before its threads start: they inherit it
    torch.set_num_threads(threads)
    words = set(configuration.split())
    if work.kind == "training":
        return Training(work, words, samples)
    return Inference(work, words) if work.kind == "inference" else Convolution(work, words)


def same(network: cr.Network, words: set[str]) -> nn.Module:
    """The same network, with the same weights; for signals with their channels last, of images of one row."""
    layers, shape = cr.Sequential(network.layers), network.input_shape
    if len(shape) == 2 and "channels-last" in words:
        layers, shape = cr.Sequential(as_rows(network.layers)), (shape[0], 1, shape[1])
    module = module_of(layers, shape)
    load(module, network)
    return laid_out(module, words)


def load(module: nn.Module, network: cr.Network) -> None:
    with torch.no_grad():
        for p, w in zip(module.parameters(), network.named().values(), strict=True):
            p.copy_(torch.from_numpy(w.copy()).view(p.shape))


def samples(x: np.ndarray, words: set[str]) -> torch.Tensor:
    """A batch as the module reads it."""
    if x.ndim == 3 and "channels-last" in words:
        x = x[:, :, None]
    return laid_out(torch.from_numpy(x), words)


def laid_out(x: Any, words: set[str]) -> Any:
    """A module or a batch of images, its channels last if the configuration says so."""
    return x.to(memory_format=torch.channels_last) if "channels-last" in words else x


def compiled(function: Callable[..., Any], words: set[str], word: str = "compile") -> Callable[..., Any]:
    return torch.compile(function, dynamic=False) if word in words else function


def precision(words: set[str]) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in words)


class Training:
    def __init__(self, work: Work, words: set[str], count: int | None) -> None:
        self.network, self.batch = network_of(work), work.batch
        x, t = prepared(work, count)
        self.x, self.t = samples(x, words), torch.from_numpy(t)
        self.module = module = same(self.network, words)
        self.dropouts = [each for each in module.modules() if isinstance(each, nn.Dropout)]
        how = {name: True for name in ("foreach", "fused") if name in words} or {"foreach": False}
        if "compiled-optimizer" in words:
            how = {"foreach": True}
        lr = LEARNING_RATES[work.optimizer]
        self.optimizer: Any = OPTIMIZERS[work.optimizer](module.parameters(), lr=lr, **how)
        self.update = compiled(self.optimizer.step, words, "compiled-optimizer")

        def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            with precision(words):
                y = module(x)
            return nn.functional.cross_entropy(y.float(), t)

        self.loss = compiled(loss, words)

    def check(self) -> dict[str, np.ndarray]:
        for each in self.dropouts:
            each.eval()
        load(self.module, self.network)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.x[: self.batch], self.t[: self.batch])
        loss.backward()
        found: list[Any] = [p.grad for p in self.module.parameters()]
        of_parameters = zip(self.network.named().items(), found, strict=True)
        gradients = {name: gw.numpy().reshape(w.shape).copy() for (name, w), gw in of_parameters}
        self.module.train()
        return {"loss": loss.detach().numpy(), **gradients}

    def run(self, items: int) -> tuple[int, float]:
        load(self.module, self.network)
        for state in self.optimizer.state.values():
            for value in state.values():
                if isinstance(value, torch.Tensor):
                    value.zero_()
        batch, steps = self.batch, min(-(-items // self.batch), len(self.x) // self.batch)
        clock = time.perf_counter()
        for k in range(0, steps * batch, batch):
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.x[k : k + batch], self.t[k : k + batch]).backward()
            self.update()
        return steps * batch, time.perf_counter() - clock


class Inference:
    def __init__(self, work: Work, words: set[str]) -> None:
        self.batch, (x, _) = work.batch, prepared(work, None)
        self.x = samples(x, words)
        module = same(network_of(work), words).eval()
        self.mode = torch.inference_mode
        if "compile" in words:
            from torch._inductor import config

            config.freezing = True  # weights are constants, packed for oneDNN once; it wants no_grad
            self.mode = torch.no_grad

        def outputs(x: torch.Tensor) -> torch.Tensor:
            with precision(words):
                return module(x)

        self.outputs = compiled(outputs, words)

    def check(self) -> dict[str, np.ndarray]:
        with self.mode():
            return {"y": self.outputs(self.x[: self.batch]).float().numpy()}

    def run(self, items: int) -> tuple[int, float]:
        batch, n, done = self.batch, len(self.x), 0
        with self.mode():
            clock = time.perf_counter()
            while done < items:
                self.outputs(self.x[done % n : done % n + batch])
                done += batch
            return done, time.perf_counter() - clock


class Convolution:
    def __init__(self, work: Work, words: set[str]) -> None:
        given, self.batch = convolution_inputs(work), work.batch
        module = nn.Conv2d(CHANNELS, CHANNELS, KERNEL, padding=PADDING)
        with torch.no_grad():
            for p, values in zip(module.parameters(), (given.w, given.b), strict=True):
                p.copy_(torch.from_numpy(values))
        module = laid_out(module, words)
        self.x, self.gy = (laid_out(torch.from_numpy(values), words) for values in (given.x, given.gy))
        self.inputs = [self.x.requires_grad_(), *module.parameters()]

        def outputs(x: torch.Tensor) -> torch.Tensor:
            with precision(words):
                return module(x)

        self.outputs = compiled(outputs, words)
        if "bfloat16" in words:
            self.gy = self.gy.bfloat16()

    def once(self) -> list[torch.Tensor]:
        y = self.outputs(self.x)
        return [y, *torch.autograd.grad(y, self.inputs, self.gy)]

    def check(self) -> dict[str, np.ndarray]:
        return {n: v.detach().float().numpy() for n, v in zip(("y", "gx", "w", "b"), self.once(), strict=True)}

    def run(self, items: int) -> tuple[int, float]:
        rounds = -(-items // self.batch)
        clock = time.perf_counter()
        for _ in range(rounds):
            self.once()
        return rounds * self.batch, time.perf_counter() - clock

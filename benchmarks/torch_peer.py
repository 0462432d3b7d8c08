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
from benchmarks.works import CHANNELS, KERNEL, LEARNING_RATES, PADDING, Work

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adadelta": torch.optim.Adadelta}


def build(work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    torch.set_flush_denormal(True)  # before its threads start: they inherit it
    torch.set_num_threads(threads)
    words = set(configuration.split())
    if work.kind == "training":
        return Training(work, words, samples)
    return Inference(work, words) if work.kind == "inference" else Convolution(work, words)


def module_of(network: cr.Network) -> nn.Sequential:
    """The same network, with the same weights."""
    modules: list[nn.Module] = []
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        if isinstance(layer, cr.Convolution):
            sizes = layer.out_channels, layer.kernel_size, layer.stride, layer.padding
            modules.append(nn.Conv2d(shape[0], *sizes))
        elif isinstance(layer, cr.Linear):
            flat = [nn.Flatten()] if len(shape) == 3 else []
            modules += [*flat, nn.Linear(int(np.prod(shape)), layer.out_features)]
        elif isinstance(layer, cr.MaxPooling):
            modules.append(nn.MaxPool2d(layer.size, layer.step))
        else:
            modules.append(nn.Dropout(layer.p) if isinstance(layer, cr.Dropout) else nn.ReLU())
    module = nn.Sequential(*modules)
    load(module, network)
    return module


def load(module: nn.Module, network: cr.Network) -> None:
    with torch.no_grad():
        for p, w in zip(module.parameters(), network.named().values(), strict=True):
            p.copy_(torch.from_numpy(w.copy()))


def laid_out(x: Any, words: set[str]) -> Any:
    """A module or a batch of images, its channels last if the configuration says so."""
    return x.to(memory_format=torch.channels_last) if "channels-last" in words else x


def compiled(function: Callable[..., Any], words: set[str], word: str = "compile") -> Callable[..., Any]:
    return torch.compile(function, dynamic=False) if word in words else function


def precision(words: set[str]) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in words)


class Training:
    def __init__(self, work: Work, words: set[str], samples: int | None) -> None:
        self.network, self.batch = network_of(work), work.batch
        x, t = prepared(work, samples)
        self.x, self.t = laid_out(torch.from_numpy(x), words), torch.from_numpy(t)
        self.module = module = laid_out(module_of(self.network), words)
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
        self.module.eval()  # dropout off: nothing else here depends on it
        load(self.module, self.network)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.x[: self.batch], self.t[: self.batch])
        loss.backward()
        names = self.network.named()
        gradients = {n: p.grad.numpy().copy() for n, p in zip(names, self.module.parameters(), strict=True)}
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
        self.x = laid_out(torch.from_numpy(x), words)
        module = laid_out(module_of(network_of(work)), words).eval()
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

"""PyTorch as an oracle: the same layers, losses and networks by other people's code, in float64."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, inf, prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chainrule.base.random import Source
from chainrule.layers import (
    ELU,
    GELU,
    AveragePooling,
    BatchNormalisation,
    Context,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    Layer,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Residual,
    Scale,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Standardise,
    Tanh,
)
from chainrule.layers.passes import Shape
from chainrule.losses import (
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.smoothing import SmoothedLoss
from chainrule.network.network import Network
from chainrule.training.objective import Batch

torch.set_num_threads(1)

TRAINING = Context(True, Source(3).draws(step=5))
EVALUATION = Context()


def assert_agrees(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-10) -> None:
    """Each |found - expected| is within `tolerance` of max(1, |expected|); NaN agrees with nothing."""
    assert found.shape == expected.shape
    error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    assert error.max(initial=0) <= tolerance


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Random float64 of that shape, the same for the same seed."""
    return np.random.default_rng(seed).normal(size=shape)


def variable(a: np.ndarray) -> Tensor:
    return torch.tensor(a, requires_grad=True)


def gradient(a: Tensor) -> np.ndarray:
    assert a.grad is not None
    return a.grad.numpy()


OF_X_ALONE: dict[type[Layer], Callable[[Any, Tensor], Tensor]] = {
    ReLU: lambda relu, x: torch.where(x >= 0, x, 0.0) if relu.derivative_at_zero else torch.relu(x),
    Softmax: lambda _, x: torch.softmax(x, 1),
    LogSoftmax: lambda _, x: torch.log_softmax(x, 1),
    Sigmoid: lambda _, x: torch.sigmoid(x),
    Tanh: lambda _, x: torch.tanh(x),
    LeakyReLU: lambda relu, x: F.leaky_relu(x, relu.slope),
    ELU: lambda elu, x: F.elu(x, elu.alpha),
    GELU: lambda gelu, x: F.gelu(x, approximate="tanh" if gelu.approximate else "none"),
    SiLU: lambda _, x: F.silu(x),
    Softplus: lambda _, x: F.softplus(x, threshold=40),
    Flatten: lambda _, x: x.flatten(1),
    GlobalAveragePooling: lambda _, x: x.flatten(2).mean(2),
}
"""Of layers without parameters that treat training as evaluation."""


def torch_layer(layer: Layer, x: Tensor, w: Mapping[str, Tensor], context: Context) -> Tensor:
    """y of the layer, by PyTorch; only a dropout's mask is chainrule's own."""
    match layer:
        case Sequential():
            for part in layer.parts:
                x = torch_layer(part.layer, x, torch_within(w, part.name), context.within(part))
            return x
        case Residual():
            added = x
            if layer.shortcut is not None:
                part = layer.parts[-1]
                added = torch_layer(part.layer, x, torch_within(w, part.name), context.within(part))
            return torch_layer(layer.body, x, w, context) + added
        case Convolution():
            x, padding = torch_padded(layer, x, layer.kernel_size, layer.stride, layer.dilation)
            convolve = F.conv1d if x.ndim == 3 else F.conv2d
            return convolve(x, w["w"], w.get("b"), layer.stride, padding, layer.dilation, layer.groups)
        case Linear():
            return F.linear(x.flatten(1), w["w"], w.get("b"))
        case MaxPooling() | AveragePooling():
            return torch_pooling(layer, x)
        case Dropout():
            if not context.training:
                return x
            shape = (*x.shape[:2], *[1] * (x.ndim - 2)) if layer.channels else x.shape
            keep = context.draws.keep(layer.p, len(x), prod(shape[1:])).reshape(shape)
            return x * torch.from_numpy(keep) / (1 - layer.p)
        case Scale():
            return x * along(w["w"], x) + along(w["b"], x)
        case LayerNormalisation():
            return F.layer_norm(x, x.shape[1:], w["gamma"], w["beta"], layer.eps)
        case BatchNormalisation():
            kept = [torch.tensor(context.statistics[each]).to(x.dtype) for each in layer.statistics_for(x.shape[1:])]
            mean, variance = kept or (None, None)
            by_batch = not kept or (context.training and x[:, :1].numel() > 1)
            return F.batch_norm(x, mean, variance, w["gamma"], w["beta"], by_batch, layer.momentum, layer.eps)
        case Standardise():
            mean, std = (torch.tensor(numbers, dtype=x.dtype) for numbers in (layer.mean, layer.std))
            return F.batch_norm(x, mean, std**2, eps=0)
    return OF_X_ALONE[type(layer)](layer, x)


def torch_pooling(layer: MaxPooling | AveragePooling, x: Tensor) -> Tensor:
    """y of a pool of images or signals."""
    if isinstance(layer, MaxPooling):
        x, padding = torch_padded(layer, x, layer.size, layer.step, value=-inf)
        return (F.max_pool1d if x.ndim == 3 else F.max_pool2d)(x, layer.size, layer.step, padding)
    ones, _ = torch_padded(layer, torch.ones_like(x), layer.size, layer.step)
    x, padding = torch_padded(layer, x, layer.size, layer.step)
    mean: Any = F.avg_pool1d if x.ndim == 3 else F.avg_pool2d
    if layer.padding == "same" and not layer.count_include_pad:
        return mean(x, layer.size, layer.step) / mean(ones, layer.size, layer.step)
    return mean(x, layer.size, layer.step, padding, False, layer.count_include_pad)


def torch_padded(
    layer: Any, x: Tensor, size: Any, stride: Any, dilation: Any = 1, *, value: float = 0
) -> tuple[Tensor, Any]:
    """x, framed where the padding is "same", and the padding that is left to PyTorch."""
    if layer.padding != "same":
        return x, layer.padding
    frame: list[int] = []
    for k, n in reversed([*enumerate(x.shape[2:])]):  # the last axis first
        kernel, step, apart = (each[k] if isinstance(each, tuple) else each for each in (size, stride, dilation))
        zeros = max((ceil(n / step) - 1) * step + (kernel - 1) * apart + 1 - n, 0)
        frame += [zeros // 2, zeros - zeros // 2]
    return F.pad(x, frame, value=value), 0


def along(numbers: Tensor, x: Tensor) -> Tensor:
    """The numbers (c,), each along its channel."""
    return numbers.reshape(-1, *[1] * (x.ndim - 2))


def torch_within(w: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """A part's parameters, by their names in it."""
    return {key.removeprefix(f"{name}."): value for key, value in w.items() if key.startswith(f"{name}.")}


def torch_loss(loss: Loss, y: Tensor, t: np.ndarray) -> Tensor:
    """err(y_s, t_s) of each sample, (s,), by PyTorch."""
    truth = torch.tensor(t)
    if isinstance(loss, SmoothedLoss):
        c = None if loss.class_weight is None else torch.tensor(loss.class_weight, dtype=y.dtype)
        if not isinstance(loss, NLL):
            return F.cross_entropy(y, truth, c, reduction="none", label_smoothing=loss.label_smoothing)
        error, e = F.nll_loss(torch.log(y), truth, c, reduction="none"), loss.label_smoothing
        if e == 0:
            return error
        each = [F.nll_loss(torch.log(y), torch.full_like(truth, i), c, reduction="none") for i in range(y.shape[1])]
        return (1 - e) * error + e * torch.stack(each).mean(dim=0)
    truth = truth.to(y.dtype).reshape(y.shape)
    match loss:
        case SquaredError():
            errors = F.mse_loss(y, truth, reduction="none")
        case Huber(delta=delta):
            errors = F.huber_loss(y, truth, reduction="none", delta=delta)
        case AbsoluteError():
            errors = F.l1_loss(y, truth, reduction="none")
        case BinaryCrossEntropy():
            errors = F.binary_cross_entropy(y, truth, reduction="none")
        case SigmoidBinaryCrossEntropy():
            errors = F.binary_cross_entropy_with_logits(y, truth, reduction="none")
        case _:
            raise AssertionError(f"no oracle for {loss}")
    return errors.flatten(1).sum(1)


def with_statistics(context: Context, layer: Layer, x_shape: Shape, dtype: type = np.float64) -> Context:
    """The context with statistics of the layer's, such as it may have kept: numbers above 0."""
    found = layer.statistics_for(x_shape)
    kept = {name: np.exp(normal(*each.shape, seed=k)).astype(dtype) for k, (name, each) in enumerate(found.items())}
    return replace(context, statistics=kept)


def check_layer(layer: Layer, x: np.ndarray, context: Context = TRAINING) -> None:
    """y, dL/dx and every dL/dw of the layer are PyTorch's, for random parameters and a random dL/dy."""
    parameters = layer.parameters_for(x.shape[1:])
    w = {name: normal(*each.shape, seed=k) for k, (name, each) in enumerate(parameters.items())}
    torch_x, torch_w = variable(x), {name: variable(value) for name, value in w.items()}
    context = with_statistics(context, layer, x.shape[1:])

    torch_y = torch_layer(layer, torch_x, torch_w, with_statistics(context, layer, x.shape[1:]))
    y, saved = layer.forward(x, w, context)
    assert y.shape[1:] == layer.y_shape(x.shape[1:])
    assert_agrees(y, torch_y.detach().numpy())

    gy = normal(*y.shape, seed=99)
    torch_y.backward(torch.tensor(gy))
    gx, gw = layer.backward(gy, saved, w, context)
    assert_agrees(gx, gradient(torch_x))
    assert gw.keys() == parameters.keys()
    for name, found in gw.items():
        assert_agrees(found, gradient(torch_w[name]))
    alone = layer.parameter_gradients(gy, saved, w, context)
    assert {name: found.tobytes() for name, found in alone.items()} == {n: g.tobytes() for n, g in gw.items()}


def check_loss(loss: Loss, y: np.ndarray, t: np.ndarray) -> None:
    """err(y_s, t_s) and its derivative by y are PyTorch's."""
    torch_y = variable(y)
    errors = torch_loss(loss, torch_y, t)
    errors.sum().backward()
    assert_agrees(loss.error(y, t), errors.detach().numpy())
    assert_agrees(loss.gradient(y, t), gradient(torch_y))


def torch_network(
    network: Network, w: np.ndarray, batch: Batch, seed: int
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """L, y, dL/dx and dL/dw of a network over a batch, by PyTorch."""
    torch_w, torch_x = variable(w), variable(batch.x)
    statistics = network.named_statistics(network.statistics.copy())
    context = Context(True, Source(seed).draws(batch.step, batch.offset), statistics)
    named = {p.name: torch_w[p.slice].reshape(p.shape) for p in network.parameters}
    x = torch_layer(network, torch_x, named, context)
    errors = torch_loss(network.loss, x, batch.t)
    if batch.mixture:
        share = torch.tensor(batch.mixture.share)
        errors = share * errors + (1 - share) * torch_loss(network.loss, x, batch.mixture.t)
    weight = np.ones(len(batch)) if batch.sample_weight is None else batch.sample_weight
    loss = errors @ torch.tensor(weight)
    loss.backward()
    gw = gradient(torch_w) if network.size else np.zeros(0)  # without parameters, L does not depend on w
    return loss.item(), x.detach().numpy(), gradient(torch_x), gw

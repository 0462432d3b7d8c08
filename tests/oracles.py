"""PyTorch as an oracle: the same layers, losses and networks by other people's code, in float64."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chainrule.base.random import Draws
from chainrule.layers import (
    AveragePooling,
    Convolution,
    Dropout,
    Layer,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Sigmoid,
    Softmax,
    Standardise,
    Tanh,
)
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, Loss, SigmoidBinaryCrossEntropy, SquaredError
from chainrule.network.network import Network
from chainrule.training.objective import Batch

torch.set_num_threads(1)


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


def torch_layer(layer: Layer, x: Tensor, parameters: Mapping[str, Tensor], draws: Draws | None) -> Tensor:
    """y of the layer, by PyTorch; only a dropout's mask is chainrule's own."""
    match layer:
        case Convolution():
            return F.conv2d(x, parameters["w"], parameters["b"], layer.stride, layer.padding)
        case Linear():
            return F.linear(x.flatten(1), parameters["w"], parameters["b"])
        case ReLU():
            return torch.where(x >= 0, x, 0.0) if layer.derivative_at_zero else torch.relu(x)
        case MaxPooling():
            return F.max_pool2d(x, layer.size, layer.step)
        case AveragePooling():
            return F.avg_pool2d(x, layer.size, layer.step)
        case Dropout():
            if draws is None:
                return x
            return x * torch.from_numpy(layer.keep(x.detach().numpy(), draws)) / (1 - layer.p)
        case Softmax():
            return torch.softmax(x, 1)
        case LogSoftmax():
            return torch.log_softmax(x, 1)
        case Sigmoid():
            return torch.sigmoid(x)
        case Tanh():
            return torch.tanh(x)
        case Standardise():
            mean, std = (torch.tensor(numbers, dtype=x.dtype) for numbers in (layer.mean, layer.std))
            return F.batch_norm(x, mean, std**2, eps=0)
    raise AssertionError(f"no oracle for {layer}")


def torch_loss(loss: Loss, y: Tensor, t: np.ndarray) -> Tensor:
    """err(y_s, t_s) of each sample, (s,), by PyTorch."""
    truth = torch.tensor(t)
    match loss:
        case LogSoftmaxNLL():
            return F.cross_entropy(y, truth, reduction="none")
        case NLL():
            return F.nll_loss(torch.log(y), truth, reduction="none")
    truth = truth.to(y.dtype).reshape(y.shape)
    match loss:
        case SquaredError():
            errors = F.mse_loss(y, truth, reduction="none")
        case BinaryCrossEntropy():
            errors = F.binary_cross_entropy(y, truth, reduction="none")
        case SigmoidBinaryCrossEntropy():
            errors = F.binary_cross_entropy_with_logits(y, truth, reduction="none")
        case _:
            raise AssertionError(f"no oracle for {loss}")
    return errors.flatten(1).sum(1)


def check_layer(layer: Layer, x: np.ndarray, draws: Draws | None = None) -> None:
    """y, dL/dx and every dL/dw of the layer are PyTorch's, for random parameters and a random dL/dy."""
    shapes = layer.parameter_shapes(x.shape[1:])
    parameters = {name: normal(*shape, seed=k) for k, (name, shape) in enumerate(shapes.items())}
    torch_x, torch_parameters = variable(x), {name: variable(value) for name, value in parameters.items()}

    y = layer.forward(x, parameters, draws)
    torch_y = torch_layer(layer, torch_x, torch_parameters, draws)
    assert y.shape[1:] == layer.output_shape(x.shape[1:])
    assert_agrees(y, torch_y.detach().numpy())

    gy = normal(*y.shape, seed=99)
    torch_y.backward(torch.tensor(gy))
    assert_agrees(layer.input_gradient(gy, x, y, parameters, draws), gradient(torch_x))
    gradients = layer.parameter_gradients(gy, x, parameters)
    assert gradients.keys() == shapes.keys()
    for name, found in gradients.items():
        assert_agrees(found, gradient(torch_parameters[name]))


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
    draws = Draws(seed, layer=0, step=batch.step, offset=batch.offset)
    x = torch_x
    for k, layer in enumerate(network.layers):
        parameters = {p.key: torch_w[p.slice].reshape(p.shape) for p in network.parameters if p.layer == k}
        x = torch_layer(layer, x, parameters, draws.for_layer(k))
    errors = torch_loss(network.loss, x, batch.t)
    weight = np.ones(len(batch)) if batch.sample_weight is None else batch.sample_weight
    loss = errors @ torch.tensor(weight)
    loss.backward()
    gw = gradient(torch_w) if network.size else np.zeros(0)  # without parameters, L does not depend on w
    return loss.item(), x.detach().numpy(), gradient(torch_x), gw

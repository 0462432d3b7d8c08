"""How parameters begin: random, so that units differ, and of a size that keeps signals as large from layer to layer.

With fan_in the numbers that one output is a sum over, fan_out those that one input goes into:

    uniform          uniform in +-1/sqrt(fan_in)                    PyTorch's default; after Y. LeCun et al. (1998)
    he_uniform       uniform in +-sqrt(6/fan_in)                    for ReLU: K. He et al. (2015)
    he_normal        normal of variance 2/fan_in                    the same
    glorot_uniform   uniform in +-sqrt(6/(fan_in + fan_out))        for tanh: X. Glorot, Y. Bengio (2010)
    glorot_normal    normal of variance 2/(fan_in + fan_out)        the same
    zeros, ones

Sources: *Efficient BackProp*; *Delving Deep into Rectifiers*; *Understanding the Difficulty of Training Deep
Feedforward Neural Networks*.
"""

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np

from chainrule.base.arguments import name_among
from chainrule.base.elementary import cosine_of_turns, log
from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole
from chainrule.base.random import Draws, uniform


class Parameter(NamedTuple):
    """An array of numbers that belongs to a layer, before there is one."""

    shape: tuple[int, ...]
    initial: str = "zeros"  # the name of its distribution
    fan_in: int = 1
    fan_out: int = 1
    decays: bool = True  # whether weight decay holds it near 0


def evenly(parameter: Parameter, limit: float, draws: Draws) -> np.ndarray:
    """Uniform in +-limit, float64."""
    return (2 * uniform(draws, prod(parameter.shape)) - 1) * limit


def normally(parameter: Parameter, variance: float, draws: Draws) -> np.ndarray:
    """Normal of that variance, float64: sqrt(-2 log u) cos(2 pi v), by G. E. P. Box and M. E. Muller (1958)."""
    n = prod(parameter.shape)
    u, v = np.split(uniform(draws, 2 * n), 2)
    return np.sqrt(-2 * variance * log(1 - u)) * cosine_of_turns(v)


INITIAL: dict[str, Callable[[Parameter, Draws], np.ndarray]] = {
    "uniform": lambda p, draws: (2 * uniform(draws, prod(p.shape)) - 1) / np.sqrt(p.fan_in),  # w's bits, since 0.1
    "he_uniform": lambda p, draws: evenly(p, np.sqrt(6 / p.fan_in), draws),
    "he_normal": lambda p, draws: normally(p, 2 / p.fan_in, draws),
    "glorot_uniform": lambda p, draws: evenly(p, np.sqrt(6 / (p.fan_in + p.fan_out)), draws),
    "glorot_normal": lambda p, draws: normally(p, 2 / (p.fan_in + p.fan_out), draws),
    "zeros": lambda p, _: np.zeros(prod(p.shape)),
    "ones": lambda p, _: np.ones(prod(p.shape)),
}


def drawn(parameter: Parameter, draws: Draws) -> np.ndarray:
    """(numbers,) float64: how the parameter begins."""
    return INITIAL[parameter.initial](parameter, draws)


def check_parameter(where: str, parameter: object) -> None:
    """NetworkError unless it is a `Parameter` of a possible shape that begins in a known way."""
    if not isinstance(parameter, Parameter):
        raise NetworkError(f"{where} is {parameter!r}; expected a Parameter")
    shape = parameter.shape
    if not (isinstance(shape, tuple) and all(is_whole(n, 0) for n in shape)):
        raise NetworkError(f"{where} has shape {shape!r}; expected a tuple of whole numbers")
    check_initial(where, initial=parameter.initial)


def check_initial(kind: str, **names: str) -> None:
    """NetworkError unless each of the options of a layer of that kind names a distribution."""
    for option, name in names.items():
        name_among(INITIAL, f"{kind}: {option}", name, NetworkError)

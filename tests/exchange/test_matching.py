"""state_dicts as people have them: wrapped, of nn.Sequential, of any names, without biases, in half precision."""

import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from chainrule import (
    BatchNormalisation,
    Convolution,
    Linear,
    MaxPooling,
    ModelError,
    Network,
    ReLU,
    SquaredError,
)
from chainrule.exchange import from_pytorch
from messages import exactly

IMAGE = (1, 8, 8)


def network(hidden: int = 12) -> Network:
    return Network([Convolution(3), ReLU(), MaxPooling(), Linear(hidden), ReLU(), Linear(4)], IMAGE, seed=1)


def stack(bias: bool = True, hidden: int = 12) -> nn.Sequential:
    """The same in PyTorch."""
    torch.manual_seed(0)
    convolution = [nn.Conv2d(1, 3, 3, bias=bias), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*convolution, nn.Linear(27, hidden, bias=bias), nn.ReLU(), nn.Linear(hidden, 4, bias=bias))


class Named(nn.Module):
    """Layers called as their user likes."""

    def __init__(self, inner: nn.Sequential) -> None:
        super().__init__()
        self.inner, self.stem, self.hidden, self.out = [inner], inner[0], inner[4], inner[6]


class Wrapped(nn.Module):
    """What DataParallel calls `module`, torch.compile `_orig_mod`."""

    def __init__(self, inner: nn.Module, name: str) -> None:
        super().__init__()
        self.add_module(name, inner)


def numbered(inner: nn.Sequential) -> nn.Module:
    """By our names."""
    module = nn.Module()
    for name, k in {"conv1": 0, "fc1": 4, "fc2": 6}.items():
        module.add_module(name, inner[k])
    return module


def saved(module: nn.Module, path, dtype=torch.float32):
    save_file({name: t.to(dtype).contiguous() for name, t in module.state_dict().items()}, path)
    return path


def imported(path, model: Network, *words: str) -> Network:
    """The import, which says in one warning what was done."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = from_pytorch(path, model)
    assert len(said) == bool(words)
    for word in words:
        assert word in str(said[0].message)
    return found


def assert_same(ours: Network, theirs: nn.Module, atol: float = 1e-5) -> None:
    x = np.random.default_rng(0).standard_normal((5, *ours.input_shape)).astype(np.float32)
    with torch.no_grad():
        np.testing.assert_allclose(ours(x), theirs(torch.tensor(x)).numpy(), atol=atol)


def test_names_of_our_own_need_no_words(tmp_path):
    assert_same(imported(saved(numbered(stack()), tmp_path / "s"), network()), stack())


@pytest.mark.parametrize("wrappers", [["module"], ["_orig_mod"], ["_orig_mod", "module"], ["model"]])
def test_wrapped_modules(wrappers, tmp_path):
    module = numbered(stack())
    for name in reversed(wrappers):
        module = Wrapped(module, name)
    prefix = ".".join(wrappers) + "."
    assert_same(imported(saved(module, tmp_path / "s"), network(), f"names are read without {prefix!r}"), stack())


@pytest.mark.parametrize("wrappers", [[], ["module"]])
def test_sequential_modules_go_by_shape_and_order(wrappers, tmp_path):
    module: nn.Module = stack()
    for name in wrappers:
        module = Wrapped(module, name)
    head = "".join(f"{name}." for name in wrappers)
    words = "matched by shape and order: ", f"{head}0.weight as conv1.weight", f"{head}6.weight as fc2.weight"
    assert_same(imported(saved(module, tmp_path / "s"), network(), *words), stack())


def test_any_names_go_by_shape(tmp_path):
    assert_same(imported(saved(Named(stack()), tmp_path / "s"), network(), "hidden.weight as fc1.weight"), stack())


def test_layers_of_one_shape_keep_the_order_of_their_numbers(tmp_path):
    torch.manual_seed(0)
    deep = nn.Sequential(*[each for _ in range(7) for each in (nn.Linear(5, 5), nn.ReLU())], nn.Linear(5, 5))
    ours = Network([*[each for _ in range(7) for each in (Linear(5), ReLU())], Linear(5)], 5)
    assert_same(imported(saved(deep, tmp_path / "s"), ours, "2.weight as fc2.weight, 4.weight as fc3.weight"), deep)


def test_layers_of_one_shape_without_numbers_are_refused(tmp_path):
    module = nn.Module()
    module.add_module("hidden", nn.Linear(4, 4))
    module.add_module("first", nn.Linear(4, 4))
    path = saved(module, tmp_path / "s")
    which = "first and hidden have the same shapes, and no numbers tell which is first"
    expected = "expected names as fc1.weight, fc1.bias, fc2.weight, fc2.bias"
    with pytest.raises(ModelError, match=exactly(f"{path}: {which}; {expected}")):
        from_pytorch(path, Network([Linear(4), ReLU(), Linear(4)], 4))


@pytest.mark.parametrize("make", [numbered, Named, lambda inner: inner], ids=["ours", "any", "sequential"])
def test_layers_without_biases_have_biases_of_0(make, tmp_path):
    module = stack(bias=False)
    path = saved(make(module), tmp_path / "s")
    assert_same(imported(path, network(), "conv1.bias, fc1.bias, fc2.bias not there, taken as 0"), module)


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float16, 1e-2), (torch.bfloat16, 5e-2)])
def test_half_precision(dtype, atol, tmp_path):
    assert_same(imported(saved(stack(), tmp_path / "s", dtype), network(), "0.weight"), stack(), atol)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            nn.BatchNorm2d(3),
            "extra is a BatchNorm that keeps statistics, as extra.num_batches_tracked tells; "
            "the network has none there",
        ),
        (nn.LSTM(3, 3), "extra is a recurrent layer (LSTM, GRU, RNN), as extra.weight_hh_l0 tells"),
        (nn.LayerNorm(3), "extra.bias is no parameter of the network"),
        (nn.MultiheadAttention(4, 2), "extra is a MultiheadAttention, as extra.in_proj_weight tells"),
        (nn.Linear(9, 9), "extra.bias is no parameter of the network"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("make", [numbered, Named], ids=["ours", "any"])
def test_layers_that_chainrule_has_not_are_refused_by_name(make, extra, message, tmp_path):
    module = make(stack())
    module.add_module("extra", extra)
    path = saved(module, tmp_path / "s")
    with pytest.raises(ModelError) as refused:
        from_pytorch(path, network())
    assert str(refused.value).startswith(f"{path}: {message}")


def test_another_architecture_is_refused_by_what_is_missing(tmp_path):
    path = saved(stack(hidden=13), tmp_path / "s")
    with pytest.raises(ModelError, match=r"has no conv1\.weight, of shape \(3, 1, 3, 3\); it has 0\.bias, 0\.weight, "):
        from_pytorch(path, network())
    path = saved(numbered(stack(hidden=13)), tmp_path / "n")
    with pytest.raises(ModelError, match=r"fc1\.weight has shape \(13, 27\); the network's has \(12, 27\)\Z"):
        from_pytorch(path, network())


def test_a_batch_normalisation_without_statistics_takes_one_without(tmp_path):
    ours = Network([Linear(3), BatchNormalisation(running=False), ReLU(), Linear(2)], 4, SquaredError())
    plain, keeping = (
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=keeps), nn.ReLU(), nn.Linear(3, 2))
        for keeps in (False, True)
    )
    assert_same(imported(saved(plain, tmp_path / "plain"), ours, "1.weight as bn1.weight"), plain)
    with pytest.raises(ModelError, match=r"is a BatchNorm that keeps statistics, as .*; the network has none there"):
        from_pytorch(saved(keeping, tmp_path / "keeping"), ours)

"""Who offers a work: each library's contestants, loaded when they are asked for."""

from benchmarks.contestant import Contestant
from benchmarks.works import Work


def build(library: str, work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    """The contestant; ImportError where its library is missing."""
    if library == "chainrule":
        from benchmarks import own as peer
    elif library == "torch":
        from benchmarks import torch_peer as peer
    elif library == "sklearn":
        from benchmarks import sklearn_peer as peer
    else:
        from benchmarks import jax_peer as peer
    return peer.build(work, configuration, threads, samples)

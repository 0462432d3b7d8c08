"""The ways to run each library that are tried. PyTorch's are words: "channels-last compile bfloat16 fused"."""

from itertools import product

from benchmarks.works import Work

FUSED = ("sgd", "adam")  # optimizers that PyTorch has fused for the CPU: AdaDelta is not among them


def candidates(work: Work, library: str) -> list[str]:
    """Of PyTorch every layout, eager and compiled, in both precisions, and the optimizer that loops over parameters."""
    if library == "jax":
        return ["NCHW", "NHWC"] if work.images else ["default"]
    if library == "chainrule":
        return ["rival"]  # itself, at the work that ours is against
    if library != "torch":
        return ["default"]
    layouts = ("contiguous", "channels-last") if work.images else ("contiguous",)
    found = [" ".join(words) for words in product(layouts, ("eager", "compile"), ("float32", "bfloat16"))]
    return [f"{words} loop" for words in found] if work.kind == "training" else found


def refinements(work: Work, library: str, best: str) -> list[str]:
    """The best of the candidates with the other implementations of the optimizer."""
    if library != "torch" or work.kind != "training":
        return []
    others = ["foreach", *(["fused"] if work.optimizer in FUSED else []), "compiled-optimizer"]
    return [f"{best.removesuffix(' loop')} {other}" for other in others]

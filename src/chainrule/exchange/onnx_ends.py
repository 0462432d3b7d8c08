"""What goes into an ONNX graph and what comes out of it."""

from dataclasses import dataclass

from chainrule.base.arguments import truth
from chainrule.layers.layer import Shape


@dataclass(frozen=True)
class Wanted:
    """What the graph is to take and to give, where that is not what the network's layers do."""

    preprocess: bool = False
    """Bytes of pixels, which the graph brings to the range of those that the network was trained on."""
    probabilities: bool = False
    """What `network.predict` gives of classes, instead of y."""
    labels: bool = False
    """First of all the class itself, by its name."""
    columns: bool = False
    """Each column of a table as an input of its own, by its name."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            truth(name, value)


@dataclass(frozen=True)
class End:
    """One value that goes in, or comes out."""

    name: str
    dtype: str
    shape: Shape  # of one sample
    about: str

    @property
    def batch_shape(self) -> list[str | int]:
        return ["batch", *self.shape]

    def values(self) -> dict[str, object]:
        return {"name": self.name, "type": self.dtype, "shape": self.batch_shape, "about": self.about}

    @property
    def text(self) -> str:
        """All but its name."""
        return f"{self.dtype} ({', '.join(map(str, self.batch_shape))}), {self.about}"

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"

"""Networks by name, each with how it is trained by default: a page each."""

from chainrule.base.arguments import is_among
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short
from chainrule.tasks.presets.base import DIGIT_SHAPE as DIGIT_SHAPE
from chainrule.tasks.presets.base import DIGITS as DIGITS
from chainrule.tasks.presets.base import Preset as Preset
from chainrule.tasks.presets.base import is_like_digits as is_like_digits
from chainrule.tasks.presets.base import outputs_for as outputs_for
from chainrule.tasks.presets.best import BEST
from chainrule.tasks.presets.lecture import LECTURE
from chainrule.tasks.presets.mlp import MLP
from chainrule.tasks.presets.mnist import MNIST
from chainrule.tasks.presets.program import PROGRAM
from chainrule.tasks.presets.quick import QUICK
from chainrule.tasks.presets.resnet import RESNET
from chainrule.tasks.presets.signal import SIGNAL
from chainrule.tasks.presets.vgg import VGG

PRESETS = {each.name: each for each in (LECTURE, MNIST, MLP, QUICK, BEST, VGG, RESNET, SIGNAL, PROGRAM)}


def preset(name: str) -> Preset:
    """The preset of that name."""
    if not is_among(PRESETS, name):
        raise UsageError(f"there is no preset {short(name)}; {expected_one_of(PRESETS, name)}")
    return PRESETS[name]

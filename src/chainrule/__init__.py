"""chainrule: neural networks you can read like the lecture.

What most users need stands here; everything else in its room: `chainrule.training.events`, `chainrule.layers`, ...
"""

from chainrule.base import signals as _signals  # isort: skip  # noqa: F401  # before all else: see there

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule import data as data
from chainrule import exchange as exchange
from chainrule.augmentation import Augmentation as Augmentation
from chainrule.base.errors import ChainruleError as ChainruleError
from chainrule.base.errors import DataError as DataError
from chainrule.base.errors import DataWarning as DataWarning
from chainrule.base.errors import DivergedError as DivergedError
from chainrule.base.errors import ModelError as ModelError
from chainrule.base.errors import NetworkError as NetworkError
from chainrule.base.errors import UsageError as UsageError
from chainrule.base.version import __version__ as __version__
from chainrule.checks.gradients import gradient_check as gradient_check
from chainrule.checks.networks import check_layer as check_layer
from chainrule.checks.networks import check_network as check_network
from chainrule.data import Dataset as Dataset
from chainrule.distribution.distributed import distributed as distributed
from chainrule.exchange.model_file import load as load
from chainrule.exchange.model_file import save as _save
from chainrule.explanation.explain import explain as _explain
from chainrule.layers import ELU as ELU
from chainrule.layers import GELU as GELU
from chainrule.layers import AveragePooling as AveragePooling
from chainrule.layers import BatchNormalisation as BatchNormalisation
from chainrule.layers import Convolution as Convolution
from chainrule.layers import Dropout as Dropout
from chainrule.layers import Flatten as Flatten
from chainrule.layers import GlobalAveragePooling as GlobalAveragePooling
from chainrule.layers import Layer as Layer
from chainrule.layers import LayerNormalisation as LayerNormalisation
from chainrule.layers import LeakyReLU as LeakyReLU
from chainrule.layers import Linear as Linear
from chainrule.layers import LogSoftmax as LogSoftmax
from chainrule.layers import MaxPooling as MaxPooling
from chainrule.layers import ReLU as ReLU
from chainrule.layers import Residual as Residual
from chainrule.layers import Scale as Scale
from chainrule.layers import Sequential as Sequential
from chainrule.layers import Sigmoid as Sigmoid
from chainrule.layers import SiLU as SiLU
from chainrule.layers import Softmax as Softmax
from chainrule.layers import Softplus as Softplus
from chainrule.layers import Standardise as Standardise
from chainrule.layers import Tanh as Tanh
from chainrule.layers import register as register
from chainrule.losses import NLL as NLL
from chainrule.losses import AbsoluteError as AbsoluteError
from chainrule.losses import BinaryCrossEntropy as BinaryCrossEntropy
from chainrule.losses import Huber as Huber
from chainrule.losses import LogSoftmaxNLL as LogSoftmaxNLL
from chainrule.losses import SigmoidBinaryCrossEntropy as SigmoidBinaryCrossEntropy
from chainrule.losses import SquaredError as SquaredError
from chainrule.network.network import Network as Network
from chainrule.network.network import doors as _doors
from chainrule.network.scaling import Scaling as Scaling
from chainrule.network.tracing import trace as trace
from chainrule.regression.fitting import fit_polynomial as fit_polynomial
from chainrule.tasks.adapting import training_for as training_for
from chainrule.tasks.asking import ask as _ask
from chainrule.tasks.calibration import calibrate as calibrate
from chainrule.tasks.evaluation import evaluate as evaluate
from chainrule.tasks.examination import examine as examine
from chainrule.tasks.fitting import fit as fit
from chainrule.tasks.lr_range import find_lr as find_lr
from chainrule.tasks.prediction import predictor_of as _predictor_of
from chainrule.tasks.presets import preset as preset
from chainrule.tasks.suited import network_for as network_for
from chainrule.training.averages import EMA as EMA
from chainrule.training.averages import SWA as SWA
from chainrule.training.descent import minimise as minimise
from chainrule.training.early_stopping import EarlyStopping as EarlyStopping
from chainrule.training.objective import Batch as Batch
from chainrule.training.objective import Objective as Objective
from chainrule.training.optimizers import SGD as SGD
from chainrule.training.optimizers import AdaDelta as AdaDelta
from chainrule.training.optimizers import Adam as Adam
from chainrule.training.optimizers import AdamW as AdamW
from chainrule.training.optimizers import RMSprop as RMSprop
from chainrule.training.schedules import Cosine as Cosine
from chainrule.training.schedules import Exponential as Exponential
from chainrule.training.schedules import OneCycle as OneCycle
from chainrule.training.schedules import ReduceOnPlateau as ReduceOnPlateau
from chainrule.training.schedules import Step as Step
from chainrule.training.schedules import Warmup as Warmup
from chainrule.training.settings import Training as Training

_doors["save"], _doors["predictor"], _doors["answers"] = _save, _predictor_of, _ask
_doors["explain"] = _explain


def _shown(name: str) -> Any:
    """What a notebook is given of an object, by the function of that name, which is loaded when it is first asked."""

    def html(shown: Any) -> str:
        from chainrule.views import notebook

        return getattr(notebook, name)(shown)

    return html


def _progress(*asked: Any) -> Any:
    """What shows a `fit`, which loads rich."""
    from chainrule.views.progress import progress_of

    return progress_of(*asked)


_doors["progress"] = _progress

_doors["html"] = _shown("network_html")
for _name in ("trace_html", "explanation_html", "history_html", "lr_range_html"):
    _doors[_name] = _shown(_name)

if TYPE_CHECKING:
    from chainrule.checks.gradients import direction_check as direction_check
    from chainrule.estimators import MLPClassifier as MLPClassifier
    from chainrule.estimators import MLPRegressor as MLPRegressor
    from chainrule.estimators import NeuralClassifier as NeuralClassifier
    from chainrule.estimators import NeuralRegressor as NeuralRegressor
    from chainrule.estimators import PolynomialRegressor as PolynomialRegressor
    from chainrule.explanation.explanation import Explanation as Explanation
    from chainrule.network.scaling import scaling_of as scaling_of
    from chainrule.regression.fitting import PolynomialFit as PolynomialFit
    from chainrule.tasks.examination import Examination as Examination
    from chainrule.tasks.fitting import History as History
    from chainrule.tasks.prediction import Predictor as Predictor
    from chainrule.training.events import BatchEvent as BatchEvent
    from chainrule.training.events import CheckpointEvent as CheckpointEvent
    from chainrule.training.events import EpochEvent as EpochEvent
    from chainrule.training.events import Evaluation as Evaluation
    from chainrule.training.events import StopEvent as StopEvent
    from chainrule.training.events import StopTraining as StopTraining
else:
    ESTIMATORS = "MLPClassifier", "MLPRegressor", "NeuralClassifier", "NeuralRegressor", "PolynomialRegressor"
    ELSEWHERE = {
        "chainrule.estimators": ESTIMATORS,  # scikit-learn is loaded with them, when one is first asked for
        "chainrule.checks.gradients": ("direction_check",),
        "chainrule.explanation.explanation": ("Explanation",),
        "chainrule.network.scaling": ("scaling_of",),
        "chainrule.regression.fitting": ("PolynomialFit",),
        "chainrule.tasks.examination": ("Examination",),
        "chainrule.tasks.fitting": ("History",),
        "chainrule.tasks.prediction": ("Predictor",),
        "chainrule.training.events": (
            "BatchEvent", "CheckpointEvent", "EpochEvent", "Evaluation", "StopEvent", "StopTraining",
        ),
    }  # fmt: skip
    """What can be had from here, too, but is not listed."""

    def __getattr__(name: str) -> object:
        for room, names in ELSEWHERE.items():
            if name in names:
                return getattr(import_module(room), name)
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted([*(name for name in globals() if not name.startswith("_")), *ESTIMATORS])

"""chainrule: neural networks you can read like the lecture."""

from typing import TYPE_CHECKING, Any

from chainrule import data as data
from chainrule import exchange as exchange
from chainrule.augmentation import Augmentation as Augmentation
from chainrule.base.errors import ChainruleError as ChainruleError
from chainrule.base.errors import DataError as DataError
from chainrule.base.errors import DivergedError as DivergedError
from chainrule.base.errors import ModelError as ModelError
from chainrule.base.errors import NetworkError as NetworkError
from chainrule.base.errors import UsageError as UsageError
from chainrule.base.version import __version__ as __version__
from chainrule.checks.gradients import direction_check as direction_check
from chainrule.checks.gradients import gradient_check as gradient_check
from chainrule.checks.networks import check_layer as check_layer
from chainrule.checks.networks import check_network as check_network
from chainrule.data import Dataset as Dataset
from chainrule.exchange.model_file import load as load
from chainrule.exchange.model_file import save as _save
from chainrule.layers import AveragePooling as AveragePooling
from chainrule.layers import Context as Context
from chainrule.layers import Convolution as Convolution
from chainrule.layers import Dropout as Dropout
from chainrule.layers import Layer as Layer
from chainrule.layers import Linear as Linear
from chainrule.layers import LogSoftmax as LogSoftmax
from chainrule.layers import MaxPooling as MaxPooling
from chainrule.layers import Parameter as Parameter
from chainrule.layers import ReLU as ReLU
from chainrule.layers import Residual as Residual
from chainrule.layers import Sequential as Sequential
from chainrule.layers import Sigmoid as Sigmoid
from chainrule.layers import Softmax as Softmax
from chainrule.layers import Standardise as Standardise
from chainrule.layers import Tanh as Tanh
from chainrule.layers import register as register
from chainrule.losses import NLL as NLL
from chainrule.losses import BinaryCrossEntropy as BinaryCrossEntropy
from chainrule.losses import LogSoftmaxNLL as LogSoftmaxNLL
from chainrule.losses import SigmoidBinaryCrossEntropy as SigmoidBinaryCrossEntropy
from chainrule.losses import SquaredError as SquaredError
from chainrule.network.network import Network as Network
from chainrule.network.network import doors as _doors
from chainrule.network.scaling import Scaling as Scaling
from chainrule.network.tracing import trace as trace
from chainrule.regression.fitting import fit_polynomial as fit_polynomial
from chainrule.tasks.evaluation import evaluate as evaluate
from chainrule.tasks.examination import examine as examine
from chainrule.tasks.fitting import fit as fit
from chainrule.tasks.prediction import Predictor as _Predictor
from chainrule.tasks.presets import preset as preset
from chainrule.training.descent import Training as Training
from chainrule.training.descent import minimise as minimise
from chainrule.training.early_stopping import EarlyStopping as EarlyStopping
from chainrule.training.objective import Batch as Batch
from chainrule.training.objective import Objective as Objective
from chainrule.training.optimizers import SGD as SGD
from chainrule.training.optimizers import AdaDelta as AdaDelta
from chainrule.training.optimizers import Adam as Adam

_doors["save"], _doors["predictor"] = _save, _Predictor


def _shown(name: str) -> Any:
    """What a notebook is given of an object, by the function of that name, which is loaded when it is first asked."""

    def html(shown: Any) -> str:
        from chainrule.views import notebook

        return getattr(notebook, name)(shown)

    return html


for _name, _function in (("html", "network_html"), ("trace_html",) * 2, ("history_html",) * 2):
    _doors[_name] = _shown(_function)

if TYPE_CHECKING:
    from chainrule.estimators import NeuralClassifier as NeuralClassifier
    from chainrule.estimators import NeuralRegressor as NeuralRegressor
    from chainrule.estimators import PolynomialRegressor as PolynomialRegressor
else:
    ESTIMATORS = "NeuralClassifier", "NeuralRegressor", "PolynomialRegressor"

    def __getattr__(name: str) -> object:
        """The estimators are loaded, and scikit-learn with them, when one is first asked for."""
        if name not in ESTIMATORS:
            raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
        from chainrule import estimators

        return getattr(estimators, name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *ESTIMATORS])

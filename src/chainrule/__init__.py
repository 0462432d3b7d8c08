"""chainrule: neural networks you can read like the lecture."""

from typing import TYPE_CHECKING

from chainrule import data as data
from chainrule import exchange as exchange
from chainrule.augmentation import Augmentation as Augmentation
from chainrule.data import Dataset as Dataset
from chainrule.early_stopping import EarlyStopping as EarlyStopping
from chainrule.errors import ChainruleError as ChainruleError
from chainrule.errors import DataError as DataError
from chainrule.errors import DivergedError as DivergedError
from chainrule.errors import ModelError as ModelError
from chainrule.errors import NetworkError as NetworkError
from chainrule.errors import UsageError as UsageError
from chainrule.evaluation import Evaluation as Evaluation
from chainrule.evaluation import evaluate as evaluate
from chainrule.events import BatchEvent as BatchEvent
from chainrule.events import CheckpointEvent as CheckpointEvent
from chainrule.events import EpochEvent as EpochEvent
from chainrule.events import StopEvent as StopEvent
from chainrule.events import StopTraining as StopTraining
from chainrule.examination import Examination as Examination
from chainrule.examination import examine as examine
from chainrule.fitting import History as History
from chainrule.fitting import fit as fit
from chainrule.gradient_check import direction_check as direction_check
from chainrule.gradient_check import gradient_check as gradient_check
from chainrule.layers import AveragePooling as AveragePooling
from chainrule.layers import Convolution as Convolution
from chainrule.layers import Dropout as Dropout
from chainrule.layers import Linear as Linear
from chainrule.layers import LogSoftmax as LogSoftmax
from chainrule.layers import MaxPooling as MaxPooling
from chainrule.layers import ReLU as ReLU
from chainrule.layers import Sigmoid as Sigmoid
from chainrule.layers import Softmax as Softmax
from chainrule.layers import Standardise as Standardise
from chainrule.layers import Tanh as Tanh
from chainrule.losses import NLL as NLL
from chainrule.losses import BinaryCrossEntropy as BinaryCrossEntropy
from chainrule.losses import LogSoftmaxNLL as LogSoftmaxNLL
from chainrule.losses import SigmoidBinaryCrossEntropy as SigmoidBinaryCrossEntropy
from chainrule.losses import SquaredError as SquaredError
from chainrule.model_file import load as load
from chainrule.network import Network as Network
from chainrule.network_check import check_network as check_network
from chainrule.objective import Batch as Batch
from chainrule.objective import Objective as Objective
from chainrule.optimizers import SGD as SGD
from chainrule.optimizers import AdaDelta as AdaDelta
from chainrule.optimizers import Adam as Adam
from chainrule.prediction import Predictor as Predictor
from chainrule.presets import preset as preset
from chainrule.regression import PolynomialFit as PolynomialFit
from chainrule.regression import fit_polynomial as fit_polynomial
from chainrule.scaling import Scaling as Scaling
from chainrule.scaling import scaling_of as scaling_of
from chainrule.trace import trace as trace
from chainrule.training import Training as Training
from chainrule.training import minimise as minimise
from chainrule.version import __version__ as __version__

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

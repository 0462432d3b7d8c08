"""What of the Python API users call, by name: with a call that is right, and of which kind each argument is."""

from torture.data_calls import DATA_SETS
from torture.engine_calls import ENGINES
from torture.estimator_calls import ESTIMATORS
from torture.layer_calls import LAYERS
from torture.network_calls import NETWORKS
from torture.task_calls import TASKS

CALLS = LAYERS | NETWORKS | DATA_SETS | TASKS | ENGINES | ESTIMATORS

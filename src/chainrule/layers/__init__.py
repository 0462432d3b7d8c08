"""The lecture's component functions: in each file the formula, the definition, the derivatives, the layer."""

from chainrule.layers.average_pooling import AveragePooling as AveragePooling
from chainrule.layers.convolution import Convolution as Convolution
from chainrule.layers.dropout import Dropout as Dropout
from chainrule.layers.initial import Parameter as Parameter
from chainrule.layers.layer import LAYERS as LAYERS
from chainrule.layers.layer import Context as Context
from chainrule.layers.layer import Layer as Layer
from chainrule.layers.layer import register as register
from chainrule.layers.linear import Linear as Linear
from chainrule.layers.log_softmax import LogSoftmax as LogSoftmax
from chainrule.layers.max_pooling import MaxPooling as MaxPooling
from chainrule.layers.relu import ReLU as ReLU
from chainrule.layers.residual import Residual as Residual
from chainrule.layers.sequential import Sequential as Sequential
from chainrule.layers.sigmoid import Sigmoid as Sigmoid
from chainrule.layers.softmax import Softmax as Softmax
from chainrule.layers.standardise import Standardise as Standardise
from chainrule.layers.tanh import Tanh as Tanh

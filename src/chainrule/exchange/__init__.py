"""Networks taken elsewhere and back: PyTorch's `state_dict` as safetensors, and ONNX."""

from chainrule.exchange.onnx_file import onnx_model as onnx_model
from chainrule.exchange.onnx_file import to_onnx as to_onnx
from chainrule.exchange.pytorch import from_pytorch as from_pytorch
from chainrule.exchange.pytorch import to_pytorch as to_pytorch

"""Pools of patches side by side, who won in them, and the sparse gradients along the argmax."""

"""Pools of side-by-side patches, the argmax mask, and the gradients of a convolution under a max-pool along it."""

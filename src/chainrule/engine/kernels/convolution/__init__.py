"""Convolutions, dense: directly, by Winograd's algorithm, under a max-pool, and their weight gradients."""

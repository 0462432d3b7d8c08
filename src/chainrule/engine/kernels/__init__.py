"""The kernels: each a page that computes what a definition in `layers/` says, tested against it."""

"""What runs kernels: compiled once, bound to their arguments, run by a team of threads."""

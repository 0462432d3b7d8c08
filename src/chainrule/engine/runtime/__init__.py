"""The run time of kernels: they are compiled once, bound to their arguments, and run by a team of threads."""

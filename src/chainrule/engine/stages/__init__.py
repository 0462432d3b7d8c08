"""One stage a file: which layers it executes as one, and by which kernels."""

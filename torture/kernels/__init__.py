"""Every kernel beside its float64 definition: `rig` runs one, each other file has the cases of one kind of kernels."""

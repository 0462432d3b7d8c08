"""Training by several processes, which MPI starts: `mpiexec -n 4 chainrule train`."""

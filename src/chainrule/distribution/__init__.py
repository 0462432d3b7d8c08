"""Training by several processes, which MPI starts: `mpiexec -n 4 chainrule train`.

    launched      are there several, and do they find one another? If not, how they are to be started
    mpi           what ranks ask of each other, by MPI; and how they outlive one of them
    job           the processes of one start: they end together, with one message
    distributed   the same inside a program of the user's own
    versions      all run the same code
    processors    those of one machine divide its processors

Nothing here is loaded, and MPI is not, unless a launcher has started several processes.
"""

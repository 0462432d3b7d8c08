"""The ground of all rooms: errors, signals, random numbers; files; what comes from outside, checked; locks, forks."""

"""The ground of all rooms: errors, numbers, random numbers, files, the version."""

"""What every room stands on: errors, random numbers, files, the version."""

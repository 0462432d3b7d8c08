"""Where a training step's time goes, and how near that is to what the machine can do."""

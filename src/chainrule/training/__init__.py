"""Training knows an objective over one flat vector w: minimise, optimizers, sampling, events, early stopping."""

"""Linear layers on a batch: products of matrices, dense, or over live elements only."""

"""Linear layers on a batch, by products of matrices: dense, or over live elements only."""

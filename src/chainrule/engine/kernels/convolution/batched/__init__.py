"""Convolutions of a whole batch at once, of small images with many channels: their weights are read once a batch."""

"""Normalisations and what they share: sums over lines of pixels, and a factor and a summand for each channel."""

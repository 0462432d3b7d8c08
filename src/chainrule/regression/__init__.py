"""The lecture's first example: a polynomial as an objective, and its fit in any units."""

"""A network: layers, one flat vector w of all their parameters, and the chain rule; executed by its definitions."""

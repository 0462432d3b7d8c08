"""Made data, for networks that read no digits: pictures in colours, and signals."""

import numpy as np

import chainrule as cr

CLASSES, LEVELS = 10, 256


def pictures(n: int, seed: int) -> cr.Dataset:
    """(n, 3, 32, 32) bytes: digits of MNIST, each in a random colour on a random ground, with noise."""
    digits, draw = cr.data.mnist("train").head(n), np.random.default_rng(seed)
    ink = np.pad(digits.x, ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32) / 255
    colour, ground = (draw.uniform(0, LEVELS - 1, (n, 3, 1, 1)).astype(np.float32) for _ in range(2))
    seen = ground + ink * (colour - ground)
    seen += 20 * draw.standard_normal(seen.shape, np.float32)
    return cr.Dataset(np.clip(seen, 0, LEVELS - 1).astype(np.uint8), digits.t)


def signals(n: int, channels: int, length: int, seed: int) -> cr.Dataset:
    """(n, channels, length) float32: of each class another frequency, in each channel another phase, with noise."""
    draw = np.random.default_rng(seed)
    t, phase = draw.integers(0, CLASSES, n), draw.uniform(0, 1, (n, channels, 1)).astype(np.float32)
    waves = (t[:, None, None] + 1) * np.linspace(0, 16, length, dtype=np.float32) + phase
    x = np.sin(2 * np.pi * waves, dtype=np.float32)
    return cr.Dataset(x + draw.standard_normal(x.shape, np.float32), t)

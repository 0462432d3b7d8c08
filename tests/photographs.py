"""Synthetic photographs of a digit on a page, made from MNIST's test digits: what people hold before a camera.

A sheet is drawn flat, larger than what is seen of it: paper, rulings, a margin line, frames, the desk beside it, the
digit in a pen of some width, a second digit in a corner. The camera turns it, sees it in perspective, and adds shadow,
vignette, blur, noise and JPEG. All lengths are parts of the picture's shorter side, all levels parts of white.
"""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from chainrule.data import mnist

FINE = 6
"""The scale of the digit's drawing: 28 FINE pixels."""
MARGIN = 0.3
"""How much of the sheet lies beyond each side of what is seen of it."""


def photographs(n: int, seed: int = 0) -> Iterator[tuple[np.ndarray, int]]:
    """n pictures, (h, w) or (h, w, 3) uint8, of the first n of MNIST's test digits; and which digit each is."""
    data = mnist("test")
    for k in range(n):
        rng = np.random.default_rng([seed, k])
        other = data.x[rng.integers(len(data)), 0]
        yield photograph(data.x[k, 0], other, rng), int(data.t[k])


def photograph(digit: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w) or (h, w, 3) uint8: a picture of the digit (28, 28), maybe with the other one in a corner."""
    short = int(np.exp(rng.uniform(np.log(160), np.log(700))))
    long = int(short * rng.uniform(1, 1.5))
    seen = (short, long) if rng.random() < 0.5 else (long, short)
    paper, ink = rng.uniform(0.6, 1), rng.uniform(0, 0.3)
    if rng.random() < 0.1:
        paper, ink = ink, paper  # chalk on a board
    sheet = Sheet(seen, paper, rng)
    for draw, chance in ((sheet.rule, 0.65), (sheet.margin, 0.3), (sheet.frame, 0.25), (sheet.texture, 0.5)):
        if rng.random() < chance:
            draw(ink)
    sheet.write(pen(digit, rng), ink, rng.uniform(0.25, 0.65), rng.uniform(0.38, 0.62, 2))
    if rng.random() < 0.25:
        corner = np.where(rng.random(2) < 0.5, rng.uniform(0.07, 0.12, 2), rng.uniform(0.88, 0.93, 2))
        sheet.write(pen(other, rng), ink, rng.uniform(0.08, 0.14), corner)
    if rng.random() < 0.35:
        sheet.lay_on_desk()
    return developed(light(sheet.seen_by_camera(), rng), rng)


class Sheet:
    """A sheet of paper: levels (h, w) from 0 (black) to 1 (white), and its drawing."""

    def __init__(self, seen: tuple[int, int], paper: float, rng: np.random.Generator) -> None:
        self.seen, self.paper, self.rng = seen, paper, rng
        self.side = min(seen)
        self.origin = np.array(seen) * MARGIN  # of what is seen
        height, width = (round(side * (1 + 2 * MARGIN)) for side in seen)
        self.image = Image.new("F", (width, height), paper)
        self.pen = ImageDraw.Draw(self.image)

    def rule(self, ink: float) -> None:
        """Lines, or squares."""
        rng, (width, height) = self.rng, self.image.size
        level = self._level(ink, rng.uniform(0.1, 0.7))
        gap = rng.uniform(0.05, 0.25) * self.side
        thick = self._thickness(gap / 5)
        for y in np.arange(rng.uniform(0, gap), height, gap):
            self.pen.line([(0, y), (width, y)], level, thick)
        if rng.random() < 0.45:
            for x in np.arange(rng.uniform(0, gap), width, gap):
                self.pen.line([(x, 0), (x, height)], level, thick)

    def margin(self, ink: float) -> None:
        """A line from top to bottom near a side."""
        at = self.rng.uniform(0.05, 0.18)
        x = self.origin[1] + self.seen[1] * (at if self.rng.random() < 0.7 else 1 - at)
        level = self._level(ink, self.rng.uniform(0.2, 0.9))
        self.pen.line([(x, 0), (x, self.image.size[1])], level, self._thickness(99))

    def frame(self, ink: float) -> None:
        """A box around it all."""
        inset = self.rng.uniform(0.02, 0.12) * self.side
        top, left = self.origin + inset
        bottom, right = self.origin + self.seen - inset
        level = self._level(ink, self.rng.uniform(0.3, 1))
        self.pen.rectangle((left, top, right, bottom), None, level, self._thickness(99))

    def texture(self, ink: float) -> None:
        """Fibres and stains: smooth noise."""
        height, width = self.image.size[::-1]
        coarse = self.rng.normal(0, self.rng.uniform(0.005, 0.03), (height // 9 + 1, width // 9 + 1))
        smooth = Image.fromarray(coarse.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
        self._put(np.asarray(self.image) + np.asarray(smooth))

    def write(self, mask: np.ndarray, ink: float, part: float, centre: np.ndarray) -> None:
        """The digit `mask` (0 to 1), its box a `part` of the shorter side, `centre` a part of what is seen."""
        side = max(8, round(part * self.side * 28 / 20))
        small = Image.fromarray(mask.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR)
        top, left = np.rint(self.origin + centre * self.seen - side / 2).astype(int)
        levels = np.array(self.image)
        box = np.s_[top : top + side, left : left + side]
        cover = np.asarray(small) * self.rng.uniform(0.85, 1)
        levels[box] += cover * (ink - levels[box])
        self._put(levels)

    def lay_on_desk(self) -> None:
        """What lies beyond one or two of the sheet's edges is the desk, darker or lighter."""
        rng = self.rng
        levels, desk = np.array(self.image), rng.uniform(0, 0.45) if rng.random() < 0.8 else rng.uniform(0.8, 1)
        rows, columns = np.indices(levels.shape)
        for side in rng.choice(4, rng.integers(1, 3), replace=False):
            along, across = (columns, rows) if side < 2 else (rows, columns)
            axis = 0 if side < 2 else 1
            depth = rng.uniform(0.02, 0.15) * self.seen[axis]
            slope = np.tan(np.deg2rad(rng.uniform(-4, 4))) * (along - levels.shape[1 - axis] / 2)
            edge = self.origin[axis] + (depth if side % 2 == 0 else self.seen[axis] - depth)
            beyond = across < edge + slope if side % 2 == 0 else across > edge + slope
            levels[beyond] = desk
        self._put(levels)

    def seen_by_camera(self) -> np.ndarray:
        """(h, w): turned by up to 15 degrees, in perspective."""
        rng, (height, width) = self.rng, self.seen
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
        angle = np.deg2rad(rng.uniform(-15, 15)) * (rng.random() < 0.7)
        middle = corners.mean(axis=0)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        moved = (corners - middle) @ turn + middle + self.origin[::-1]
        if rng.random() < 0.6:
            moved += rng.uniform(-0.06, 0.06, (4, 2)) * self.side
        matrix = homography(corners, moved)
        return np.asarray(
            self.image.transform((width, height), Image.Transform.PERSPECTIVE, tuple(matrix), Image.Resampling.BILINEAR)
        )

    def _level(self, ink: float, strength: float) -> float:
        return self.paper + strength * (ink - self.paper)

    def _thickness(self, most: float) -> int:
        return max(1, round(min(most, self.rng.uniform(0.003, 0.014) * self.side)))

    def _put(self, levels: np.ndarray) -> None:
        self.image = Image.fromarray(levels.astype(np.float32))
        self.pen = ImageDraw.Draw(self.image)


def pen(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(28 FINE, 28 FINE) from 0 to 1: the digit as it is, or in a pen of one width, 2 to 14 of 100 of its height."""
    fine = digit.shape[0] * FINE
    smooth = np.asarray(Image.fromarray(digit).resize((fine, fine), Image.Resampling.BICUBIC)) / 255
    if rng.random() < 0.4:
        return smooth
    line = Image.fromarray(255 * skeleton(smooth > 0.45).astype(np.uint8))
    width = rng.uniform(0.02, 0.14) * 20 * FINE
    grown = np.asarray(line.filter(ImageFilter.GaussianBlur(max(0.6, width / 3))), float)
    return (grown / np.quantile(grown[np.asarray(line) > 0], 0.5) * 2 - 0.4).clip(0, 1)


def skeleton(mask: np.ndarray) -> np.ndarray:
    """The middle lines of a shape (bool), by Zhang and Suen: what can go from its edge without parting it goes."""
    image = np.pad(mask, 1).astype(np.int8)
    turns = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]  # clockwise, from above
    changed = True
    while changed:
        changed = False
        for first, second in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            p = np.array([np.roll(image, (-i, -j), (0, 1)) for i, j in turns])
            neighbours = p.sum(axis=0)
            rises = ((p == 0) & (np.roll(p, -1, axis=0) == 1)).sum(axis=0)
            outer = (p[list(first)].prod(axis=0) == 0) & (p[list(second)].prod(axis=0) == 0)
            gone = (image == 1) & (neighbours >= 2) & (neighbours <= 6) & (rises == 1) & outer
            changed |= bool(gone.any())
            image[gone] = 0
    return image[1:-1, 1:-1] == 1


def homography(points: np.ndarray, images: np.ndarray) -> np.ndarray:
    """(8,) Pillow's coefficients of the perspective that takes four points (4, 2) to their images."""
    rows, values = [], []
    for (x, y), (u, v) in zip(points, images, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values))


def light(levels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture with a slope of light, the shadow of something with a soft edge, and a vignette."""
    height, width = levels.shape
    y, x = (np.indices(levels.shape) / np.array([height, width]).reshape(2, 1, 1)) - 0.5
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        levels = levels * (1 - rng.uniform(0, 0.5) * (0.5 + x * np.cos(angle) + y * np.sin(angle)).clip(0, 1))
    if rng.random() < 0.4:
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.3)
        distance = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.35, 0.35)
        levels = levels * (1 - rng.uniform(0.1, 0.5) * (0.5 + distance / soft).clip(0, 1))
    if rng.random() < 0.5:
        levels = levels * (1 - rng.uniform(0, 1) * (x**2 + y**2))
    return levels


def developed(levels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w) or (h, w, 3) uint8: the picture as the camera's file has it."""
    smooth = Image.fromarray((255 * levels.clip(0, 1)).astype(np.uint8))
    smooth = smooth.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.005) * min(levels.shape)))
    grain = rng.normal(0, rng.uniform(0, 12), levels.shape)
    grey = (np.asarray(smooth) + grain).clip(0, 255)
    image = Image.fromarray(grey.astype(np.uint8))
    if rng.random() < 0.5:
        tint = rng.uniform(0.85, 1, 3)
        image = Image.fromarray((grey[:, :, np.newaxis] * tint).astype(np.uint8))
    if rng.random() < 0.5:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(40, 96)))
        image = Image.open(file)
    return np.asarray(image)

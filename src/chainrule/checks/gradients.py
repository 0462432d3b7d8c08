"""Is dL/dw the derivative of L? Two checks of any objective, by what the lecture defines a gradient to be:

    L(w + dw) - L(w)  ~  dL/dw . dw

(a) Every entry. A is dL/dw_k as back propagation has it, and B a central difference of L itself, e_k being the unit
    vector of entry k:

        B = (8 [L(w + h e_k) - L(w - h e_k)] - [L(w + 2h e_k) - L(w - 2h e_k)]) / 12h

        |A - B| <= 1e-6 max(|A|, |B|, 1e-3 ||dL/dw||_inf)

    With four values of L instead of two, B is wrong by h^4 L'''''/30 and by the rounding of L, 1.5 eps |L| / h: with
    h = 1e-3 in float64, 3e-14 L''''' and 3e-13 |L|, a thousandth of what the smallest bound leaves. Steps down to
    h = 1e-5 still stay below it.

(b) One random direction, as the lecture's program does it: along a small d,

        A = dL/dw . d,   B = L(w + d/2) - L(w - d/2),   relative error |A - B| / max(|A|, |B|)

L has kinks where a ReLU meets 0 or a max-pool a tie, and no derivative there. `Objective.kinks` says which linear
pieces L is on; where they change within reach of a difference, a smaller step is taken, and where the smallest still
reaches a kink, the entry is checked beside w, at a w moved a little. No entry is left out, and none is excused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.random import CHECK, Draws, check_seed, uniform
from chainrule.base.showing import brief, short
from chainrule.training.objective import Batch, Objective

TOLERANCE = 1e-6  # of |A - B| relative to the larger of A and B ...
FLOOR = 1e-3  # ... or to this part of the largest entry of the gradient
STEPS = 1e-3, 1e-4, 1e-5  # h, for |w_k| up to 1; above, relative to w_k
LENGTHS = 1e-4, 1e-5  # of the random direction d
MOVE, MOVES = 1e-2, 20  # how far, and how often at most, w is moved away from kinks

Line = Callable[[np.ndarray, float], np.ndarray]  # the point of a line through w at distance r from w


@dataclass(frozen=True)
class Entry:
    """One entry of the gradient, checked."""

    index: int
    analytic: float  # A
    numerical: float  # B
    error: float  # |A - B| relative to its bound: 1 is just right, above is wrong
    kink: bool  # there was one in reach of the largest step
    moved: bool  # there was one in reach of every step, so this was checked beside w


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found."""

    entries: int
    worst: Entry
    kinks: int  # entries with a kink in reach, checked with a smaller step or beside w
    moved: int  # of these, entries checked beside w

    def __repr__(self) -> str:
        if self.passed:
            return f"<GradientCheck passed: {self.entries:,} entries, the worst at {self.worst.error:.2g} of its bound>"
        return f"<GradientCheck FAILED: entry {self.worst.index} of the gradient is {_differs(self.worst)}>"

    @property
    def passed(self) -> bool:
        return self.worst.error <= 1


@dataclass(frozen=True)
class DirectionCheck:
    """What `direction_check` found."""

    analytic: float  # A = dL/dw . d
    numerical: float  # B = L(w + d/2) - L(w - d/2)
    error: float  # |A - B| / max(|A|, |B|)
    moved: bool  # checked beside w, because of kinks

    def __repr__(self) -> str:
        word = "passed: the derivative" if self.passed else "FAILED: the derivative"
        return f"<DirectionCheck {word} is {_differs(self)}>"

    @property
    def passed(self) -> bool:
        return self.error <= TOLERANCE


def gradient_check(
    objective: Objective, w: np.ndarray, batch: Batch, entries: Iterable[int] | None = None, *, seed: int = 0
) -> GradientCheck:
    """Compare dL/dw (in w's canonical order) with central differences of L, at `entries` or at every entry.

    `seed` draws where w is moved to if it lies on kinks. UsageError where there is no entry to check.
    """
    near = Neighbourhood(objective, w, batch, check_seed(seed))
    worst, count, kinks, moved = None, 0, 0, 0
    for k in range(near.w.size) if entries is None else entries_of(entries, near.w.size):
        entry = check_entry(near, k)
        count, kinks, moved = count + 1, kinks + entry.kink, moved + entry.moved
        if worst is None or entry.error > worst.error:
            worst = entry
    if worst is None:
        raise UsageError("there are no entries to check; expected at least one")
    return GradientCheck(count, worst, kinks, moved)


def entries_of(entries: Iterable[int], size: int) -> Iterator[int]:
    """The numbers of some of `size` entries; UsageError for anything else."""
    if not isinstance(entries, Iterable) or isinstance(entries, str | bytes | Mapping):
        raise UsageError(f"the entries are {short(entries)}; expected their numbers")
    for k in entries:
        if not is_whole(k, 0) or k >= size:
            raise UsageError(f"there is no entry {short(k)}; expected whole numbers from 0 to {size - 1}")
        yield int(k)


def check_entry(near: "Neighbourhood", k: int) -> Entry:
    """Entry k of the gradient, by the five-point rule."""
    scale = max(1.0, abs(float(near.w[k])))

    def line(w: np.ndarray, r: float) -> np.ndarray:
        w = w.copy()
        w[k] += r
        return w

    def loss(r: float) -> float:
        return near.loss(line(place.w, r))

    place, reach = near.find(line, [2 * scale * h for h in STEPS])
    h = reach / 2
    a, b = float(place.gw[k]), five_points(loss, h)
    bound = TOLERANCE * max(abs(a), abs(b), FLOOR * place.largest)
    moved = place is not near.place(0)
    return Entry(k, a, b, relative(a - b, bound), moved or h < scale * STEPS[0], moved)


def five_points(loss: Callable[[float], float], h: float) -> float:
    """The derivative at 0, as in (a)."""
    return (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)


def direction_check(objective: Objective, w: np.ndarray, batch: Batch, seed: int = 0) -> DirectionCheck:
    """Compare dL/dw . d with the difference of L along one random direction d, drawn from `seed`."""
    seed = check_seed(seed)
    near = Neighbourhood(objective, w, batch, seed)
    d = noise(seed, 0, near.w.size)
    d /= np.linalg.norm(d)

    def line(w: np.ndarray, r: float) -> np.ndarray:
        return w + r * d

    place, half = near.find(line, [length / 2 for length in LENGTHS])
    a = 2 * half * float(place.gw @ d)
    b = near.loss(line(place.w, half)) - near.loss(line(place.w, -half))
    return DirectionCheck(a, b, relative(a - b, max(abs(a), abs(b))), place is not near.place(0))


@dataclass(frozen=True)
class Place:
    """A w, with the gradient there and the linear pieces that L is on."""

    w: np.ndarray
    gw: np.ndarray
    largest: float  # ||gw||_inf
    kinks: list[np.ndarray]

    __repr__ = brief


class Neighbourhood:
    """L over one batch, and the places to check its gradient at: w, then, against kinks, others close by."""

    def __init__(self, objective: Objective, w: np.ndarray, batch: Batch, seed: int) -> None:
        self.objective = of_kind("the objective", objective, Objective, 'one, as execute(network, "reference") is')
        self.batch, self.seed = of_kind("the batch", batch, Batch, "Batch(x, t)"), seed
        self.w = as_numbers(w, "w").astype(np.float64)
        if self.w.ndim != 1:
            raise UsageError(f"w has shape {self.w.shape}; expected one axis")
        self.places: list[Place] = []

    def place(self, number: int) -> Place:
        """w itself (0), or w moved a little for the number-th time."""
        while len(self.places) <= number:
            self.places.append(self._place_at(self._moved(len(self.places))))
        return self.places[number]

    def find(self, line: Line, reaches: Sequence[float]) -> tuple[Place, float]:
        """The first place, and the first reach, within which the line meets no kink.

        Where each of them does, the last stands: if the kink matters, that entry fails.
        """
        for number in range(MOVES + 1):
            for reach in reaches:
                if self._smooth(self.place(number), line, reach):
                    return self.place(number), reach
        return self.place(MOVES), reaches[-1]

    def loss(self, w: np.ndarray) -> float:
        return self.objective.loss(self.objective.layout.pack(w), self.batch)

    def kinks(self, w: np.ndarray) -> list[np.ndarray]:
        return self.objective.kinks(self.objective.layout.pack(w), self.batch)

    def _smooth(self, place: Place, line: Line, reach: float) -> bool:
        """Whether L stays on its linear pieces from one end of the line to the other.

        Along one entry what a ReLU or a max-pool reads is linear until the first kink, so the two ends tell of all
        between.
        """
        if not place.kinks:
            return True
        ends = (self.kinks(line(place.w, r)) for r in (-reach, reach))
        return all(np.array_equal(k0, k) for end in ends for k0, k in zip(place.kinks, end, strict=True))

    def _moved(self, number: int) -> np.ndarray:
        if number == 0:
            return self.w
        return self.w + MOVE * np.maximum(1, np.abs(self.w)) * noise(self.seed, number, self.w.size)

    def _place_at(self, w: np.ndarray) -> Place:
        packed = self.objective.layout.pack(w)
        out = np.full_like(packed, np.nan)  # an entry that nobody writes is found
        self.objective.loss_and_gradient(packed, self.batch, out)
        gw = self.objective.layout.unpack(out)
        return Place(w, gw, float(np.abs(np.nan_to_num(gw)).max(initial=0)), self.kinks(w))


def noise(seed: int, number: int, n: int) -> np.ndarray:
    """(n,) float64, uniform in -1 to 1: the number-th such vector of the seed."""
    return 2 * uniform(Draws(seed, CHECK, step=number), n) - 1


def relative(difference: float, scale: float) -> float:
    """|difference| / scale; 0 for no difference, inf for one that is not a number."""
    if difference == 0:
        return 0.0
    return inf if isnan(difference) else abs(difference) / scale


def _differs(check: Entry | DirectionCheck) -> str:
    return f"{check.analytic:.10g} by back propagation, {check.numerical:.10g} by the loss"

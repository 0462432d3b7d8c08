"""From fusion groups to stages with buffers, and from stages to the phases of a step."""

from typing import Any

import numpy as np

from chainrule.engine.chains import Chains
from chainrule.engine.lowering import Lowering
from chainrule.engine.moments import Moments
from chainrule.engine.runtime.program import INPUT, LOSS, OTHER_WEIGHTS, Owner, Program, each
from chainrule.engine.stages.ends import Input, Output, Samples
from chainrule.engine.stages.joins import Fork
from chainrule.engine.stages.stage import Group, Halo, Stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.together import gathered, settled
from chainrule.engine.stages.value import ALONE, KEPT, Handed, Room, Value
from chainrule.layers.layer import within


class Plan:
    """The stages of a network, with buffers for `capacity` samples."""

    def __init__(
        self, lowering: Lowering, capacity: int, *, gradients: bool, threads: int, statistics: np.ndarray
    ) -> None:
        """`statistics`: the engine's own, which training moves."""
        self.lowering = lowering
        self.network = lowering.network
        self.capacity = capacity
        self.threads = threads
        self.room, groups = Room(capacity, threads, gradients, self.network.w.dtype), lowering.groups
        self.moments = Moments(groups)
        self.values, self._aliases = self._room_for_values()
        self.forks: dict[int, Fork] = {}
        self.stages: list[Stage] = []
        for k, group in enumerate(groups):
            self.room.passes = self.moments.passes(k)
            read = [self._value_for(group, place) for place in range(len(group.inputs))]
            self.stages.append(group.kind(group, [*read, self.values[group.output]], self.room))
        for stage in self.stages:
            stage.statistics = within(self.network.named_statistics(statistics), stage.group.nodes[0].name)
        self.input = Input(self.network, self.values[0], capacity)
        self.output = Output(self.network, self.values[groups[-1].output], capacity)

    def program(self, source: Samples, step: Step, *, loss: bool, prepared: bool = False) -> Program:
        """The program of y of the samples there, their errors (if `loss`), and dL/dw (if the step has room for it).

        `prepared`: without what is done once for a w.
        """
        shifts = self.stages[0].takes_shift and 0 not in self.forks
        step.shift = self.input.shift(source) if shifts else 0.0
        chains = Chains(step)
        chains.add(self.input.load(source, step.shift), self.stages[0].by_sample, Owner(INPUT))
        self._fork(chains, 0, Owner(INPUT))
        for k, stage in enumerate(self.stages):
            chains.add(stage.forward(step), stage.by_sample, Owner(k))
            self._fork(chains, stage.group.output, Owner(k))
        if loss:
            self._learn(chains, step)
        chains.end().extend(chains.noted(step.later, Owner(OTHER_WEIGHTS)))
        if step.updates:
            chains.end().extend(chains.noted(step.updates.rest(step.gw), Owner(OTHER_WEIGHTS)))
        if step.late:
            chains.end().extend(chains.noted(step.late.phases(step.gw), Owner(OTHER_WEIGHTS)))
        works = [chains.noted(stage.prepare(step), Owner(k)) for k, stage in enumerate(self.stages)]
        first = [] if prepared else [each(call for work in works for call in work)]
        return Program([*first, *chains.end()], chains.owners)

    def _learn(self, chains: Chains, step: Step) -> None:
        """The errors, and dL/dw if it is wanted."""
        chains.add(self.output.meet(step), self.stages[-1].by_sample, Owner(LOSS))
        closing = [*chains.noted([self.output.add_up(step)], Owner(LOSS))]
        read = [*self.output.errors(step)]
        if step.gw.size:
            self._backward(chains, step)
            for k, stage in enumerate(self.stages):
                closing += chains.noted(stage.finish(step), Owner(k))
                read += stage.finish_reads(step)
            read += chains.sums
        chains.add([*gathered(step, *read), *settled(step)], False, Owner(LOSS))
        chains.end().append(each(closing))

    def _backward(self, chains: Chains, step: Step) -> None:
        learns = self.lowering.learns
        for k, stage in reversed(list(enumerate(self.stages))):
            fork = self.forks.get(stage.group.output)
            if fork and learns[stage.group.output]:
                chains.add(fork.backward(), fork.by_sample, Owner(k))
            if not learns[stage.group.output]:
                continue
            if stage.x.passes and not stage.keeps_x:
                chains.add(self.stages[k - 1].again(step), stage.by_sample, Owner(k - 1, again=True))
            to_input = any(learns[value] for value in stage.group.inputs)
            chains.add(stage.backward(step, to_input), stage.by_sample, Owner(k))

    def _fork(self, chains: Chains, value: int, owner: Owner) -> None:
        """Let the readers of a value that several read have what they need of it."""
        if value in self.forks:
            fork = self.forks[value]
            chains.add(fork.forward(), fork.by_sample, owner)

    def _value_for(self, group: Group, place: int) -> Value:
        """The value that a group reads; of one that several read, an alias of its own."""
        value = group.inputs[place]
        readers = self.lowering.readers(value)
        if len(readers) == 1:
            return self.values[value]
        if value not in self.forks:
            self.forks[value] = Fork(
                self.values[value], [self.values[value].alias(own) for own in self._aliases[value]]
            )
        numbers = [k for k, reader in enumerate(readers) if reader is group]
        return self.forks[value].aliases[numbers[place] if len(numbers) > 1 else numbers[0]]

    def step(self, w: np.ndarray, samples: int, **how: Any) -> Step:
        """For batches of so many. Where gradients are summed by slot, the batch alone decides in how many ranges it is
        done."""
        step, by_slot = Step(w, samples, SLOTS, **how), any(stage.sums_by_slot for stage in self.stages)
        step.slots = min(samples, SLOTS, SLOTS if by_slot else step.ranks.size * self.threads)
        return step

    def outputs(self, samples: int) -> np.ndarray:
        """y of the last pass, in canonical order."""
        return self.output.y.canonical(samples).reshape(samples, *self.network.output_shape)

    def rows(self) -> list[dict[str, Any]]:
        """A row a stage: its name, its kernel, its multiply-adds a sample and its buffers' bytes."""
        return [
            {
                "stage": stage.name,
                "kernel": stage.kernel,
                "multiply_adds": stage.multiply_adds,
                "bytes": bytes_of((*vars(stage).values(), stage.y.view, stage.y.gradient)),
            }
            for stage in self.stages
        ]

    def __str__(self) -> str:
        """A line a stage."""
        cells = [(row["stage"], row["kernel"], f"{row['multiply_adds']:,}", f"{row['bytes']:,}") for row in self.rows()]
        cells = [("stage", "kernel", "multiply-adds", f"bytes for {self.capacity}"), *cells]
        a, b, c, d = (max(map(len, column)) for column in zip(*cells, strict=True))
        return "\n".join(f"{s:<{a}}  {k:<{b}}  {m:>{c}}  {n:>{d}}" for s, k, m, n in cells)

    def _room_for_values(self) -> tuple[dict[int, Value], dict[int, list[Value]]]:
        """All values; and of those that several stages read, what each has of its own."""
        lowering, room, moments = self.lowering, self.room, self.moments
        written = {group.output: k for k, group in enumerate(lowering.groups)}
        asked = {0: Value.asked(lowering.images[0], room)}
        for value, k in written.items():
            asked[value] = Value.asked(lowering.images[value], room, self._handed_on(k), moments.value(k))
        aliases: dict[int, list[Any]] = {}
        for value in asked:
            readers = lowering.readers(value)
            for reader in readers if len(readers) > 1 else []:
                image = lowering.image_for(value, reader)
                lives = moments.alias(written[value], written[reader.output]) if value else ALONE
                lives = lives._replace(x=0) if image == lowering.images[value] else lives
                aliases.setdefault(value, []).append(Value.asked(image, room, lives=lives))
        made = {value: make() for value, make in asked.items()}
        return made, {value: [make() for make in makes] for value, makes in aliases.items()}

    def _handed_on(self, k: int) -> Handed:
        """Whether x and dL/dx between group k and the next only need to live for a sample: where one hands them on to
        the other they do, except what one of them gathers; and x when gradients are wanted, unless it is computed again
        because that takes less than to keep it."""
        group, *following = self.lowering.groups[k : k + 2]
        chained = following and self.lowering.readers(group.output) == following
        if not (chained and group.kind.hands_on and following[0].kind.hands_on):
            return KEPT
        reader = following[0].kind
        again = group.kind.recomputes(group) and (group.kind.gathers or (group.inputs == (0,) and not reader.keeps_x))
        halo = group.kind.gradient_halo(group) if reader.gathers else Halo(0, 0)
        return Handed((again or not self.room.gradients) and not reader.gathers, not group.kind.gathers, halo)


def bytes_of(value: Any) -> int:
    """The size of arrays that calls are bound to, in tuples or not; anything else counts nothing."""
    if isinstance(value, tuple):
        return sum(map(bytes_of, value))
    array = getattr(value, "array", value)
    return array.nbytes if isinstance(array, np.ndarray) else 0

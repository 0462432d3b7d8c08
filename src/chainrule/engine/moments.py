"""When a step needs which buffers: moments, and the lives of values in them.

A *moment* lasts from one barrier, at which all of a batch is done, to the next. Stages that wait for the batch say how
often they do so; between others there may be no barrier, as samples go through them one by one. Forward, x_k is written
in the moment in which its stage ends; it is read until the same stage's backward pass is over. dL/dx_k is written where
its reader's backward pass ends, and read until the end of its writer's.
"""

from collections.abc import Sequence

from chainrule.engine.runtime.sharing import Passes, Span, between
from chainrule.engine.stages.stage import Group
from chainrule.engine.stages.value import Lives


class Moments:
    """The moments of a training step."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups, self.now = groups, 0
        self.forward = [self._pass(group.kind.forward_barriers) for group in groups]
        self.loss = self.now
        self.backward = [self._pass(group.kind.backward_barriers) for group in reversed(groups)][::-1]
        self.end = self.now + 1  # of the step: what `finish` reads is kept until then

    def _pass(self, barriers: int) -> Span:
        begin, self.now = self.now, self.now + barriers
        return Span(begin, self.now)

    def passes(self, k: int) -> Passes:
        """Those of stage k."""
        return Passes(self.forward[k], self.backward[k])

    def value(self, k: int) -> Lives:
        """The lives of what stage k writes."""
        readers = [j for j, group in enumerate(self.groups) if self.groups[k].output in group.inputs]
        late = self.groups[k].kind.reads_late() or any(self.groups[j].kind.reads_late() for j in readers)
        x = between(self.forward[k].end, self.end if late else self.backward[k].end)
        first = min((self.backward[j].end for j in readers), default=self.loss)
        return Lives(x, self._gradient(k, first))

    def alias(self, k: int, reader: int) -> Lives:
        """The lives of what stage k writes, as one of several readers has it: there x may be a copy."""
        return Lives(self.value(k).x, self._gradient(k, self.backward[reader].end))

    def _gradient(self, k: int, first: int) -> int:
        return between(first, self.end if self.groups[k].kind.reads_late() else self.backward[k].end)

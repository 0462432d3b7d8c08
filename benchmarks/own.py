"""chainrule as a contestant."""

import time

import numpy as np

import chainrule as cr
from benchmarks.contestant import Contestant
from benchmarks.inputs import SEED, convolution_inputs, first_epoch, network_of, prepared, samples_for
from benchmarks.works import CHANNELS, KERNEL, LEARNING_RATES, PADDING, SIZE, Work
from chainrule.engine import execute
from chainrule.training.events import Event
from chainrule.training.optimizers import OPTIMIZERS


def build(work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    if work.kind == "training":
        return Training(work, threads, samples)
    return Inference(work, threads) if work.kind == "inference" else Convolution(work, threads)


class Training:
    """`cr.fit`, as anyone calls it."""

    def __init__(self, work: Work, threads: int, samples: int | None) -> None:
        self.work, self.threads, self.data = work, threads, samples_for(work, samples)
        optimizer = OPTIMIZERS[work.optimizer](lr=LEARNING_RATES[work.optimizer])
        self.training = cr.Training(optimizer, epochs=1, batch_size=work.batch, seed=SEED)

    def check(self) -> dict[str, np.ndarray]:
        network = network_of(self.work, dropout=False)
        objective = execute(network, "compiled", SEED, self.threads)
        w = objective.layout.pack(network.w)
        gw, count = np.zeros_like(w), self.work.batch
        part = self.data.take(first_epoch(len(self.data), count)[:count])
        loss = objective.loss_and_gradient(w, cr.Batch(part.x, part.t, np.full(count, 1 / count)), gw)
        return {"loss": np.array(loss), **network.named(objective.layout.unpack(gw))}

    def run(self, items: int) -> tuple[int, float]:
        network, done = network_of(self.work), 0

        def stop(event: Event) -> None:
            nonlocal done
            if isinstance(event, cr.BatchEvent):
                done += event.samples
                if done >= items:
                    raise cr.StopTraining("enough")

        clock = time.perf_counter()
        cr.fit(network, self.data, self.training, threads=self.threads, listeners=[stop])
        return done, time.perf_counter() - clock


class Inference:
    """`network.predictor()`, of float32 images as the rivals get them."""

    def __init__(self, work: Work, threads: int) -> None:
        self.work, (self.x, _) = work, prepared(work, None)
        self.predictor = network_of(work).predictor("compiled", threads, batch_size=work.batch)

    def check(self) -> dict[str, np.ndarray]:
        return {"y": self.predictor.outputs(self.x[: self.work.batch])}

    def run(self, items: int) -> tuple[int, float]:
        batch, n, done = self.work.batch, len(self.x), 0
        clock = time.perf_counter()
        while done < items:
            self.predictor.outputs(self.x[done % n : done % n + batch])
            done += batch
        return done, time.perf_counter() - clock


class Convolution:
    """The engine's stage, its images in the engine's own layout: no network has one layer's dL/dx alone."""

    def __init__(self, work: Work, threads: int) -> None:
        from chainrule.base.random import Source
        from chainrule.engine.chains import Chains
        from chainrule.engine.layout import image
        from chainrule.engine.lowering import fusion_groups
        from chainrule.engine.runtime.program import Owner, Program, each
        from chainrule.engine.runtime.threads import run
        from chainrule.engine.stages.step import SLOTS, Step
        from chainrule.engine.stages.value import Room, Value
        from chainrule.layers.graph import Graph

        given, self.batch, room = convolution_inputs(work), work.batch, Room(work.batch, threads, gradients=True)
        x, y = (Value.room(image(CHANNELS, SIZE, SIZE, halo), room) for halo in (PADDING, 0))
        layer = cr.Convolution(CHANNELS, KERNEL, padding=PADDING)
        (group,) = fusion_groups(Graph.of(layer, (CHANNELS, SIZE, SIZE)), Source(), given.w.dtype)
        group.at.update(w=0, b=given.w.size)
        stage = group.kind(group, [x, y], room)
        x.put(given.x)
        y.put(given.gy, gradient=True)
        w = np.concatenate([given.w.ravel(), given.b])
        step = Step(w, work.batch, SLOTS, training=True, gw=np.zeros_like(w))
        chains, owner = Chains(step), Owner(0)
        chains.add(stage.forward(step), stage.by_sample, owner)
        chains.add(stage.backward(step, to_input=True), stage.by_sample, owner)
        program = Program([each(stage.prepare(step)), *chains.end(), each(stage.finish(step))], chains.owners)

        def once() -> None:
            run(program, threads)

        self.once, self.x, self.y, self.gw, self.shape = once, x, y, step.gw, given.w.shape

    def check(self) -> dict[str, np.ndarray]:
        self.once()
        n, size = self.batch, int(np.prod(self.shape))
        gx = self.x.canonical(n, gradient=True)
        return {"y": self.y.canonical(n), "gx": gx, "w": self.gw[:size].reshape(self.shape), "b": self.gw[size:]}

    def run(self, items: int) -> tuple[int, float]:
        rounds = -(-items // self.batch)
        clock = time.perf_counter()
        for _ in range(rounds):
            self.once()
        return rounds * self.batch, time.perf_counter() - clock

/** /api/train: one training run, and what has happened in it. */
import type { Packed } from "./arrays";

export interface Settings {
  preset: string;
  optimizer: "sgd" | "adam";
  lr: number;
  /** null: all of the data. */
  batch_size: number | null;
  /** null: as the preset has it. */
  dropout: number | null;
  seed: number;
  samples: number;
}

export interface Tested {
  step: number;
  epoch: number;
  loss: number;
  accuracy: number | null;
}

export interface Frame<Filters = Packed> {
  step: number;
  epoch: number;
  filters: Filters;
}

export type RunState = "empty" | "preparing" | "running" | "paused" | "stopped";

/** What came after a step; the columns step, loss, smoothed and norms are of one length. */
export interface News {
  run: number;
  state: RunState;
  message: string;
  settings: Settings;
  at: number;
  epoch: number;
  batch: number;
  batches: number;
  dropouts: number[];
  step: number[];
  loss: number[];
  smoothed: number[];
  norms: Record<string, number[]>;
  tests: Tested[];
  frames: Frame[];
  samples: number;
  rate: number | null;
  offered?: Offered;
}

export interface Offered {
  presets: { name: string; about: string; dropouts: number[] }[];
  rates: Record<Settings["optimizer"], number>;
  /** The learning rate of the given model. */
  eta: number;
  live: string[];
}

export type Do = "start" | "pause" | "step" | "reset" | "set";

/** POST /api/regression: two descents from the same w_0, and the bowl that they are in. */

export type Data = { x: number[]; t: number[] } | { name: string; text: string } | null;

export interface Asked {
  data: Data;
  degree: number;
  lr: number | null;
  batch_size: number;
  steps: number;
  seed: number;
  w0: number[] | null;
}

/** Of one method: w before the first step to after the last, the gradient that made each step, the loss of all data. */
export interface Path {
  w: number[][];
  gradient: number[][];
  loss: number[];
  diverges: boolean;
  message: string;
}

/** Takes what was measured to -1 ... 1: (value - centre) / half. */
export interface Scale {
  centre: number;
  half: number;
}

export interface Descents {
  data: { source: string; x_name: string; t_name: string; x: number[]; t: number[] };
  x_scale: Scale;
  t_scale: Scale;
  lr: number;
  largest_lr: number;
  condition: number | null;
  hessian: number[][];
  lowest: { w: number[]; loss: number };
  gd: Path;
  sgd: Path;
}

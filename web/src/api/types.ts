/** What the server answers, by route. */
import type { Packed } from "./arrays";

export interface Layer {
  name: string;
  type: string;
  text: string;
  shape: number[];
  x_shape: number[];
  inputs: string[];
  parameters: { name: string; shape: number[]; size: number }[];
  fused_with?: string | null;
}

export interface Origin {
  /** Its name in addresses. */
  key: string;
  steps: number;
  /** The name of what the page was opened for. */
  given: string;
}

export interface Model {
  name: string;
  preset: string | null;
  /** Of one that was trained here; null: it is what the page was opened for. */
  origin: Origin | null;
  text: string;
  shape: number[];
  /** null: real numbers are predicted. */
  classes: string[] | null;
  /** Whether an image is sent as bytes; else as floats. */
  in_bytes: boolean;
  /** Whether drawings and photographs can be read. */
  pictures: boolean;
  /** How one calls a sample. */
  kind: "digit" | "image" | "sample";
  /** Whether there are data to try it on; else inputs are made up. */
  data: boolean;
  /** The names of a table's columns. */
  columns: string[] | null;
  loss: { name: string; text: string };
  eta: number;
  dtype: string;
  parameters: number;
  layers: Layer[];
}

/** The picture and how it is passed: the page's own state, sent with each request. */
export interface Pass {
  image: string | Packed;
  t: number | number[] | null;
  training: boolean;
  seed: number;
}

export interface Digit {
  image: string | Packed;
  t: number | number[] | null;
  number: number;
  split: string;
}

export interface Picture {
  image: string | Packed;
  notes: string[];
}

export interface Forward {
  /** null: real numbers are predicted. */
  probabilities: number[] | null;
  best: number | null;
  /** Instead: the real numbers that are predicted. */
  answers?: number | number[] | null;
  /** Not recorded: a trace has them, too. */
  values?: Record<string, Packed>;
  milliseconds: number;
}

export interface Trace {
  loss: number | null;
  values: Record<string, Packed>;
  gradients: Record<string, Packed>;
  /** Of a value that several read, each reader's part of its gradient. */
  ways: Record<string, Record<string, Packed>>;
  weights: Record<string, { shape: number[]; rms: number; gradient_rms: number }>;
  order: string[];
}

export interface Factor {
  symbol: string;
  value: number;
  unit: string | null;
}

export interface Term {
  factors: Factor[];
  product: number;
  note: string;
}

export interface Explanation {
  unit: string;
  formula: string;
  rule: string;
  terms: Term[];
  count: number;
  zeros: number;
  total: number | null;
  value: number | null;
  kernel: number | null;
  /** Whether the compiled kernel's number is still to come. */
  kernel_pending: boolean;
  difference: number | null;
}

/** Boxes of indices, first to last inclusive, by the value in which they lie. */
export interface Box {
  name: string;
  from: number[];
  to: number[];
}

export interface Affects {
  reads: Box[];
  affects: Box[];
}

export interface Check {
  numeric: number | null;
  analytic: number | null;
  difference: number | null;
  h: number;
  same_piece: boolean;
}

export interface Update {
  before: number | null;
  after: number | null;
  probabilities_after: number[] | null;
  norm: number | null;
}

/** GET /api/evaluation: how the network does on the test data. */

export interface Pictures {
  /** Channels, height, width. */
  shape: number[];
  /** Base64 of bytes, one picture after the other. */
  pixels: string;
}

/** Some samples, column by column. */
export interface Samples {
  number: number[];
  t: (number | number[])[];
  predicted: (number | number[])[];
  loss: number[];
  probability?: number[];
  probability_of_true?: number[];
  pictures: Pictures | null;
}

export interface Score {
  class: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  support: number;
}

export interface Evaluation {
  of: number;
  wrong: number;
  loss: number;
  accuracy: number | null;
  classes: string[] | null;
  /** By true class, and the class that was chosen. */
  confusion: number[][] | null;
  scores: Score[];
  calibration_error: number | null;
  regression: Record<"rmse" | "mae" | "r2", (number | null)[]> | null;
  worst: Samples;
}

export interface CellOf {
  cell: [number, number];
  count: number;
  from: number;
  samples: Samples;
}

/** Whether the loss is the lecture's: with smoothed or weighed classes, onehot is not what is taken for the truth. */
export function isPlain(loss: string): boolean {
  return !/label_smoothing|class_weight/.test(loss);
}

/** In float64, the largest score first taken off, as the definition has it. */
export function softmax(scores: ArrayLike<number>): number[] {
  const x = Array.from(scores);
  const most = Math.max(...x);
  const powers = x.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

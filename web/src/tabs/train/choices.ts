/** Where sliders stand, and what stands there. */

export const LEAST_RATE = -5;
export const MOST_RATE = 3;

export function batchSizes(samples: number): (number | null)[] {
  const powers = Array.from({ length: 12 }, (_, k) => 2 ** k).filter((size) => size < samples);
  return [...powers, null];
}

export function placeOfBatch(sizes: readonly (number | null)[], size: number | null): number {
  const found = sizes.findIndex((each) => each === null || (size !== null && each >= size));
  return found < 0 || size === null ? sizes.length - 1 : found;
}

/** A learning rate at a place of the slider, in two digits. */
export function rateAt(place: number): number {
  return Number((10 ** place).toPrecision(2));
}

export function placeOfRate(rate: number): number {
  return Math.max(LEAST_RATE, Math.min(Math.log10(rate), MOST_RATE));
}

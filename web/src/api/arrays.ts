/** Numbers as they travel: base64 of little-endian float32, or of bytes. */

export interface Packed {
  shape: number[];
  data: string;
}

export interface Tensor {
  shape: number[];
  values: Float32Array;
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function unpack(packed: Packed): Tensor {
  return { shape: packed.shape, values: new Float32Array(bytesOf(packed.data).buffer) }; // browsers are little-endian, too
}

export function unpackAll(packed: Record<string, Packed>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(packed).map(([name, array]) => [name, unpack(array)]));
}

export function pack(values: Float32Array, shape: number[]): Packed {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, k) => { view.setFloat32(4 * k, value, true); });
  return { shape, data: base64Of(new Uint8Array(view.buffer)) };
}

/** An index into a tensor of that shape, as a place in its row-major values. */
export function placeOf(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((place, i, axis) => place * (shape[axis] ?? 1) + i, 0);
}

export function indexOf(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] ?? 1;
    index.unshift(place % n);
    place = Math.floor(place / n);
  }
  return index;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** The largest |value|, of those that are finite. */
export function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** Numbers as colours: blue below zero, orange above, zero neutral. Between, straight lines in a space of even steps. */

export type Palette = "diverging" | "ink";
export type Theme = "light" | "dark";
type Lab = readonly [number, number, number];

/** OKLab, of: the most negative, zero, the most positive; and of a picture's paper and its ink. */
const ENDS: Record<Theme, { below: string; zero: string; above: string; paper: string; ink: string; none: string }> = {
  light: { below: "#0b5394", zero: "#fdfcfa", above: "#c2410c", paper: "#fdfcfa", ink: "#16181d", none: "#b9b3a8" },
  dark: { below: "#66b3ff", zero: "#1c1e23", above: "#ff9a57", paper: "#15171b", ink: "#f4f1ea", none: "#5c6068" },
};
const STEPS = 255;

/** A table of packed colours (as an ImageData's Uint32 wants them) from -1 to 1. */
export interface Scale {
  table: Uint32Array;
  none: string;
}

const made = new Map<string, Scale>();

export function scaleOf(palette: Palette, theme: Theme): Scale {
  const key = `${palette} ${theme}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const ends = ENDS[theme];
  const [below, zero, above] = palette === "ink" ? [ends.paper, ends.paper, ends.ink] : [ends.below, ends.zero, ends.above];
  const table = new Uint32Array(2 * STEPS + 1);
  for (let k = -STEPS; k <= STEPS; k++) table[k + STEPS] = mixed(zero, k < 0 ? below : above, Math.abs(k) / STEPS);
  const scale = { table, none: ends.none };
  made.set(key, scale);
  return scale;
}

/** Where a value stands in a table, if `most` is the largest. Small ones are lifted, so that they are seen. */
export function stepOf(value: number, most: number): number {
  const share = most > 0 ? Math.min(Math.abs(value) / most, 1) : 0;
  return STEPS + Math.sign(value) * Math.round(STEPS * Math.pow(share, LIFT));
}

export const LIFT = 0.7;

export function colourOf(scale: Scale, value: number, most: number): number {
  return scale.table[Number.isNaN(value) ? STEPS : stepOf(value, most)] ?? 0;
}

/** For a legend drawn by the style sheet: as many colours from -1 to 1. */
export function stops(palette: Palette, theme: Theme, count: number): string[] {
  const { table } = scaleOf(palette, theme);
  return Array.from({ length: count }, (_, k) => css(table[Math.round((k / (count - 1)) * 2 * STEPS)] ?? 0));
}

export function css(packed: number): string {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

/** Whether dark text reads better on it than light text. */
export function isLight(packed: number): boolean {
  return 0.299 * (packed & 255) + 0.587 * ((packed >> 8) & 255) + 0.114 * ((packed >> 16) & 255) > 140;
}

function mixed(from: string, to: string, share: number): number {
  const a = labOf(from);
  const b = labOf(to);
  return packedOf([0, 1, 2].map((k) => (a[k] ?? 0) + share * ((b[k] ?? 0) - (a[k] ?? 0))) as unknown as Lab);
}

/** B. Ottosson, *A perceptual color space for image processing* (2020). */
function labOf(hex: string): Lab {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function packedOf([lightness, a, b]: Lab): number {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const [red = 0, green = 0, blue = 0] = linear.map((c) => {
    const shown = c <= 0.0031308 ? 12.92 * c : 1.055 * Math.max(c, 0) ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(Math.max(shown, 0), 1));
  });
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

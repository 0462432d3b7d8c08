/** Numbers as text, in tabular figures: a true minus, so many significant digits, powers of ten where they are short. */

const MINUS = "\u2212";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** null: the server's for what is not finite, of which it does not say whether it is an infinity or NaN. */
export function short(value: number | null, digits = 3): string {
  if (value === null) return "not finite";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6 ? scientific(size, digits) : plain(size, digits);
  return value < 0 ? MINUS + text : text;
}

/** With its sign, also where that is +. */
export function signed(value: number, digits = 3): string {
  return value > 0 ? `+${short(value, digits)}` : short(value, digits);
}

/** Of an axis: a round number, as short as it is. */
export function round(value: number): string {
  const exact = Number(value.toPrecision(6));
  const size = Math.abs(exact);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(exact).replace("-", MINUS);
  return short(exact, exact.toExponential().replace(/e.*|\D/g, "").length);
}

export function percent(p: number): string {
  if (p > 0.9995 && p < 1) return "> 99.9 %";
  if (p > 0 && p < 0.0005) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

export function whole(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** "32 × 26 × 26" */
export function shapeText(shape: readonly number[]): string {
  return shape.map(whole).join(" × ");
}

function plain(size: number, digits: number): string {
  const rounded = Number(size.toPrecision(digits)); // 9.999 is 10.0
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  return size.toFixed(Math.min(decimals, 20));
}

function scientific(size: number, digits: number): string {
  const [mantissa = "0", power = "0"] = size.toExponential(digits - 1).split("e");
  const sign = power.startsWith("-") ? "⁻" : "";
  const raised = Array.from(power.replace(/[+-]/, ""), (digit) => SUPERSCRIPTS[Number(digit)] ?? "").join("");
  return `${mantissa} · 10${sign}${raised}`;
}

/** A layer's text: of one that lists many numbers the beginning. */
export function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 56)} …)` : text;
}

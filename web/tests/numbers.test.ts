import { expect, test } from "vitest";
import { percent, round, short, signed, whole } from "../src/kit/numbers";

test.each([
  [0, "0"], [1, "1.00"], [-0.12345, "−0.123"], [12345, "12345"], [0.00001234, "1.23 · 10⁻⁵"], [-2.5e10, "−2.50 · 10¹⁰"],
  [NaN, "NaN"], [Infinity, "∞"], [-Infinity, "−∞"], [9.999, "10.0"],
])("%d is %s", (value, text) => { expect(short(value)).toBe(text); });

test("a number's digits are its own", () => {
  expect(short(0.1, 9)).toBe("0.100000000");
  expect(signed(0.5)).toBe("+0.500");
  expect(whole(1199882)).toBe("1\u202f199\u202f882");
});

test("what the server could not send is not called an infinity", () => {
  expect(short(null)).toBe("not finite");
});

test("an axis's numbers are as short as they are, and differ where they do", () => {
  expect([0, -0.5, 150000, 0.1 + 0.2].map(round)).toEqual(["0", "−0.5", "150000", "0.3"]);
  expect([1e6, 1.2e6, 1.4e6, -2.55e-5].map(round)).toEqual(["1 · 10⁶", "1.2 · 10⁶", "1.4 · 10⁶", "−2.55 · 10⁻⁵"]);
});

test("what is not certain is not called 100 %", () => {
  expect([1, 0.99999, 0.5, 0.00001, 0].map(percent)).toEqual(["100.0 %", "> 99.9 %", "50.0 %", "< 0.1 %", "0.0 %"]);
});

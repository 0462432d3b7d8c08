import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { all, packed } from "../scripts/formulas";
import { pack } from "../scripts/pieces";
import { unpacked } from "../src/kit/formulas";

const FOLDERS = ["layers", "losses"].map((name) => `../src/chainrule/${name}/`);

/** The classes in the package's rooms that a network's graph, or its end, may be of. */
function registered(): string[] {
  const text = FOLDERS.flatMap((folder) => readdirSync(folder).filter((file) => file.endsWith(".py")).map((file) => readFileSync(folder + file, "utf8"))).join("\n");
  const layers = text.matchAll(/^@register\w*(?:\n@.*)*\nclass (\w+)/gm);
  const losses = text.matchAll(/^class (\w+)\((?:SmoothedLoss|BinaryLoss|RegressionLoss)\)/gm);
  return [...layers, ...losses].map(([, name = ""]) => name);
}

test("every layer and every loss has its formulas", () => {
  const containers = ["Sequential", "Residual"];
  const made = all();
  const missing = registered().filter((name) => !containers.includes(name)).filter((name) => !made[name]?.forward || !made[name].dx);
  expect(registered().length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("they are MathML, without what the page's policy refuses", () => {
  for (const parts of Object.values(all())) {
    for (const made of Object.values(parts)) {
      expect(made).toMatch(/^<math/);
      expect(made).not.toMatch(/ style=|temml-error|<script/);
    }
  }
});

test("packed, they are a fifth as long, and unpacked the same again", () => {
  const { pieces, formulas } = packed();
  const whole = Object.fromEntries(Object.entries(formulas).map(([name, parts]) => [
    name, Object.fromEntries(Object.entries(parts).map(([part, text]) => [part, unpacked(text, pieces)])),
  ]));
  expect(whole).toEqual(all());
  expect(JSON.stringify({ pieces, formulas }).length).toBeLessThan(JSON.stringify(all()).length / 5);
});

test("a letter that a text uses stands for nothing", () => {
  const texts = ["<mi>!</mi><mi>!</mi><mi>#</mi>".repeat(9), "<mi>%</mi>".repeat(9), "", "a"];
  const { pieces, texts: made } = pack(texts);
  expect(pieces.length).toBeGreaterThan(0);
  expect(pieces.map(([letter]) => letter)).not.toContain("!");
  expect(made.map((text) => unpacked(text, pieces))).toEqual(texts);
});

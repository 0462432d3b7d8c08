import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import temml from "temml";
import type { Plugin } from "vite";
import { pack } from "./pieces.ts";

const FOLDER = fileURLToPath(new URL("../formulas/", import.meta.url));
/** \dL{x}: the loss's derivative by x. */
const MACROS = { "\\dL": "\\frac{\\partial L}{\\partial #1}" };
const NAME = "virtual:formulas";

/** The lecture's formulas, one file a layer type ("% forward" and so on head its parts), as MathML when the page is built. */
export function formulas(): Plugin {
  return {
    name: "formulas",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(packed())}` : null),
  };
}

/** All of them, made short by what they have in common, as MathML repeats itself. */
export function packed() {
  const made = all();
  const { pieces, texts } = pack(Object.values(made).flatMap((of) => Object.values(of)));
  const next = texts.values();
  const formulas = Object.fromEntries(Object.entries(made).map(([name, of]) => [
    name, Object.fromEntries(Object.keys(of).map((part) => [part, next.next().value ?? ""])),
  ]));
  return { pieces, formulas };
}

export function all(): Record<string, Record<string, string>> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".tex")).sort();
  return Object.fromEntries(files.map((file) => [file.slice(0, -4), parts(readFileSync(FOLDER + file, "utf8"))]));
}

/** What stands under each line "% name", as MathML; a part of several formulas has one a line. */
export function parts(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of text.split(/^% /m).slice(1)) {
    const [name = "", ...lines] = part.trim().split("\n");
    found[name] = lines.filter((line) => line.trim() !== "").map(mathml).join("<br>");
  }
  return found;
}

/** Without style attributes, which the page's Content-Security-Policy refuses. */
function mathml(tex: string): string {
  const made = temml.renderToString(tex, { displayMode: true, macros: { ...MACROS }, throwOnError: true, strict: true });
  return made.replaceAll(/ (?:style|class)="[^"]*"/g, "");
}

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { formulas } from "./scripts/formulas.ts";

const built = fileURLToPath(new URL("../src/chainrule/server/built", import.meta.url));

/** One script, one style sheet, with fixed names: the same sources are the same bytes. */
export default defineConfig({
  base: "/",
  plugins: [formulas()],
  // Elements by h(type, properties, ...children): it is shorter than the runtime's form, in which children are a property.
  oxc: { jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" }, jsxInject: 'import { h, Fragment } from "preact";' },
  build: {
    outDir: built,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    target: "es2022",
    rolldownOptions: {
      output: { entryFileNames: "app.js", assetFileNames: "app.[ext]", codeSplitting: false },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});

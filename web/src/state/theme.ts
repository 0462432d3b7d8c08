/** Light or dark: as the system has it, until a reader chooses. */
import { computed, signal } from "@preact/signals";
import type { Theme } from "../kit/colours";

const KEY = "chainrule-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(dark.matches ? "dark" : "light");
const chosen = signal<Theme | null>(stored());
dark.addEventListener("change", () => { system.value = dark.matches ? "dark" : "light"; });

export const theme = computed<Theme>(() => chosen.value ?? system.value);

export function switchTheme(): void {
  chosen.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, chosen.value);
  } catch {
    // A page from disk may have no storage: it then forgets.
  }
}

theme.subscribe((now) => { document.documentElement.dataset.theme = now; });

function stored(): Theme | null {
  try {
    const found = localStorage.getItem(KEY);
    return found === "dark" || found === "light" ? found : null;
  } catch {
    return null;
  }
}

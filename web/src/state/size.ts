/** How much larger grids are drawn where there is more room: 1 on a laptop. */
import { signal } from "@preact/signals";

const LAPTOP = 1280;
const MOST = 2.5;

export const scale = signal(1);

function measure(): void {
  scale.value = Math.min(Math.max(window.innerWidth / LAPTOP, 1), MOST);
  document.documentElement.style.setProperty("--scale", String(scale.value));
}

measure();
window.addEventListener("resize", measure);

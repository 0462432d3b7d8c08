/** Where the reader is. Every change is in the address; a change of what is looked at can be gone back from. */
import { computed, signal } from "@preact/signals";
import { formatHash, parseHash, type Place } from "./hash";

export const place = signal<Place>(parseHash(location.hash));
export const tab = computed(() => place.value.tab);

/** Go somewhere. What is passed over in quick steps (`replace`) is not kept in the history. */
export function go(to: Partial<Place>, { replace = false } = {}): void {
  const next = { ...place.value, ...to };
  const hash = formatHash(next);
  place.value = next;
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
}

const follow = (): void => { place.value = parseHash(location.hash); };
window.addEventListener("hashchange", follow);
window.addEventListener("popstate", follow);

/** The page's state as the address's hash, so that a place can be sent, gone back to, and opened again. */

export const TABS = ["recognise", "back", "train", "regression", "evaluate"] as const;
export type Tab = (typeof TABS)[number];

export interface Place {
  tab: Tab;
  /** The name of one that was trained here; null: the given one. */
  network: string | null;
  /** "test:17", or the pixels themselves: "data:" and base64. */
  image: string | null;
  /** The true class. */
  t: number | null;
  /** "forward:conv1", "loss", "backward:conv1", "update". */
  step: string | null;
  unit: string | null;
  /** Whether as in training: with dropout, by the batch's own moments. */
  training: boolean;
  seed: number;
  /** What a tab keeps of its own: a cell of the confusion matrix, a regression's settings. */
  view: string | null;
}

export const START: Place = { tab: "recognise", network: null, image: null, t: null, step: null, unit: null, training: false, seed: 0, view: null };

export function parseHash(hash: string): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const tab = TABS.find((name) => name === given.get("tab")) ?? START.tab;
  return {
    tab,
    network: given.get("network"),
    image: given.get("image"),
    t: natural(given.get("t")),
    step: given.get("step"),
    unit: given.get("unit"),
    training: given.get("training") === "1",
    seed: natural(given.get("seed")) ?? 0,
    view: given.get("view"),
  };
}

export function formatHash(place: Place): string {
  const parts: [string, string | null][] = [
    ["tab", place.tab],
    ["network", place.network],
    ["image", place.image],
    ["t", place.t === null ? null : String(place.t)],
    ["step", place.step],
    ["unit", place.unit],
    ["training", place.training ? "1" : null],
    ["seed", place.seed === 0 ? null : String(place.seed)],
    ["view", place.view],
  ];
  const kept = parts.filter((part): part is [string, string] => part[1] !== null);
  return `#${kept.map(([key, value]) => `${key}=${readable(value)}`).join("&")}`;
}

/** Escaped where it must be, and no further: units stay "conv1:3,5,7". */
function readable(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3D", "=");
}

function natural(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

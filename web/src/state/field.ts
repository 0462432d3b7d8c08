/** What a cell reads, and what it affects: of the one that is explained, or of that on which a reader rests. */
import { computed, effect } from "@preact/signals";
import { post } from "../api/client";
import type { Affects, Box } from "../api/types";
import { model, ofNetwork } from "./model";
import { pass } from "./pass";

type Boxes = Record<string, Box>;

const REST = 40; // milliseconds

const rested = ofNetwork<Boxes | null>(null);
const pinned = ofNetwork<Boxes | null>(null);
const field = computed(() => rested.value ?? pinned.value);

/** Where a value's, or its derivative's, cells are outlined. */
export function seenIn(name: string): Box | null {
  return field.value?.[name.replace(/^dL\//, "")] ?? null;
}

let timer = 0;
let wanted: string | null = null;
let fixed: string | null = null;

export function look(unit: string | null): void {
  if (unit === wanted) return;
  wanted = unit;
  clearTimeout(timer);
  if (unit === null) rested.value = null;
  else timer = window.setTimeout(() => void boxesOf(unit).then((found) => { if (wanted === unit) rested.value = found; }), REST);
}

/** Of what is explained; null: of nothing. */
export function pin(unit: string | null): void {
  if (unit === fixed) return;
  fixed = unit;
  look(null); // the cell that was rested on may be gone, and says nothing when it goes
  pinned.value = null;
  if (unit !== null) void boxesOf(unit).then((found) => { if (fixed === unit) pinned.value = found; });
}

const known = new Map<string, Boxes>();
effect(() => { if (model.value === null) known.clear(); });

/** They depend on the network alone, so that each is asked for once. An outline less is no trouble worth a line. */
async function boxesOf(unit: string): Promise<Boxes | null> {
  const now = pass.value;
  const found = known.get(unit);
  if (found !== undefined || now === null) return found ?? null;
  try {
    const { reads, affects } = await post<Affects>("/api/affects", { ...now, unit });
    const boxes = Object.fromEntries([...affects, ...reads].map((box) => [box.name, box]));
    known.set(unit, boxes);
    return boxes;
  } catch {
    return null;
  }
}

/** The input, and what the network computes from it: loaded whenever what they depend on changes. */
import { batch, computed, effect } from "@preact/signals";
import { base64Of, bytesOf, type Packed, type Tensor, unpack, unpackAll } from "../api/arrays";
import { get, post, recorded } from "../api/client";
import type { Digit, Forward, Pass, Trace } from "../api/types";
import { model, ofNetwork, trying } from "./model";
import { go, place, tab } from "./place";

export interface Input {
  image: string | Packed;
  /** The label, if it is a sample of the data. */
  t: number | number[] | null;
  from: { split: string; number: number } | null;
  notes: string[];
}

export interface Run {
  input: Input;
  probabilities: number[] | null;
  best: number | null;
  answers?: number | number[] | null;
  values: Record<string, Tensor>;
  milliseconds: number;
}

export interface Traced {
  loss: number | null;
  values: Record<string, Tensor>;
  gradients: Record<string, Tensor>;
  ways: Record<string, Record<string, Tensor>>;
  weights: Trace["weights"];
}

export const input = ofNetwork<Input | null>(null);
export const run = ofNetwork<Run | null>(null);
/** The same, a moment later: what takes long to draw waits until the answer is on the screen. */
export const drawn = ofNetwork<Run | null>(null);
export const traced = ofNetwork<Traced | null>(null);

const FIRST = "test:8"; // a 5 that is not easy: what is certain has no gradient to look at
const asked = computed(() => place.value.image ?? FIRST);

/** Whether the network's answer is this input's, not that of the one before. */
const answered = computed(() => run.value?.input === input.value);

/** The true class: chosen, or the label, or else what the network takes it for. */
export const truth = computed(() => place.value.t ?? input.value?.t ?? (answered.value ? run.value?.best : null) ?? null);

const training = computed(() => place.value.training);
const seed = computed(() => place.value.seed);

/** The same object for as long as it is the same pass, wherever on the page the reader goes. */
export const pass = computed<Pass | null>(() => {
  if (recorded !== null) return recorded.pass;
  const [of, t] = [input.value, truth.value];
  if (of === null || (t === null && !answered.value)) return null; // the answer may be its true class
  return { image: of.image, t, training: training.value, seed: seed.value };
});

/** Show another input, as if it had been opened at that address; what was drawn is put into the address itself. */
function show(next: Input, replace: boolean): void {
  batch(() => {
    const image = addressOf(next);
    input.value = next;
    loaded = image ?? FIRST; // what an address without an image stands for
    go({ image, t: null, unit: null }, { replace });
  });
}

/** Show what is asked for, unless another input, or none, is wanted by the time it is there. */
export async function showing(ask: () => Promise<Input>, { replace = false } = {}): Promise<void> {
  const mine = ++wanted;
  await trying(async () => {
    const found = await ask();
    if (mine === wanted) show(found, replace);
  });
}

/** What is asked for is no longer wanted. */
export function leave(): void {
  wanted++;
}

export async function openDigit(query: string): Promise<void> {
  await showing(async () => inputOf(await get<Digit>(`/api/digit?split=test&${query}`)));
}

const MOMENT = 40; // milliseconds
let loaded: string | null = null;
let wanted = 0; // counts what was asked for

function inputOf(digit: Digit): Input {
  return { image: digit.image, t: digit.t, from: { split: digit.split, number: digit.number }, notes: [] };
}

/** Base64 as addresses have it. Large inputs are not kept in the address. */
export function addressOf({ image, from }: Input): string | null {
  if (from !== null) return `${from.split}:${from.number}`;
  if (typeof image !== "string" || image.length > 6000) return null;
  return `data:${image.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

async function open(address: string): Promise<void> {
  const mine = ++wanted;
  const [kind = "", rest = ""] = address.split(":");
  if (kind === "data") {
    const base64 = rest.replaceAll("-", "+").replaceAll("_", "/");
    input.value = { image: base64Of(bytesOf(base64)), t: null, from: null, notes: [] };
    return;
  }
  const found = inputOf(await get<Digit>(`/api/digit?split=${encodeURIComponent(kind)}&number=${encodeURIComponent(rest)}`));
  if (mine === wanted) input.value = found;
}

export function follow(): void {
  effect(() => {
    const address = asked.value;
    if (model.value === null) loaded = null;
    if (model.value === null || address === loaded) return;
    loaded = address;
    if (recorded === null) void trying(() => open(address));
    else input.value = { image: recorded.pass.image, t: recorded.pass.t, from: null, notes: [] };
  });
  let controller = new AbortController();
  effect(() => {
    if (input.value === null || model.value === null) return;
    const of = input.value;
    const body = recorded?.pass ?? { image: of.image };
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    void trying(async () => {
      const made = await post<Forward>("/api/forward", body, signal);
      const values = made.values ?? (await post<Trace>("/api/trace", body, signal)).values;
      run.value = { ...made, input: of, values: unpackAll(values) };
    });
  });
  effect(() => {
    const next = run.value;
    const timer = setTimeout(() => { drawn.value = next; }, drawn.peek() === null ? 0 : MOMENT);
    return () => { clearTimeout(timer); };
  });
  let last = new AbortController();
  effect(() => {
    const body = pass.value;
    last.abort();
    if (tab.value !== "back" || body === null || model.value === null) return;
    if (body.t === null) { // no loss, and what is shown is another input's
      traced.value = null;
      return;
    }
    last = new AbortController();
    const { signal } = last;
    void trying(async () => {
      const made = await post<Trace>("/api/trace", body, signal);
      traced.value = { ...made, values: unpackAll(made.values), gradients: unpackAll(made.gradients), ways: waysOf(made) };
    });
  });
}

function waysOf({ ways }: Trace): Traced["ways"] {
  return Object.fromEntries(Object.entries(ways).map(([name, parts]) => [name, unpackAll(parts)]));
}

const parameters = new Map<string, Promise<Tensor>>();
let remembered: Pass | null = null;

/** A parameter's numbers, or its gradient's, of the pass that is shown; each is asked for once, again if it was refused. */
export async function weightsOf(parameter: string, what: "value" | "gradient"): Promise<Tensor> {
  const now = pass.value;
  if (now === null) throw new Error("there is no input yet");
  if (now !== remembered) parameters.clear();
  remembered = now;
  const key = `${what} ${parameter}`;
  const known = parameters.get(key);
  if (known !== undefined) return known;
  const made = post<Packed>("/api/weights", { ...now, parameter, what }).then(unpack);
  parameters.set(key, made);
  made.catch(() => { parameters.delete(key); });
  return made;
}

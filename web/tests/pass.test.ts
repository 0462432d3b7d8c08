/** The input, and its pass, as the page asks for them: with a server that answers when a test says so. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { MODEL } from "./model";

interface Request {
  path: string;
  body: { image: string; t: unknown };
  answer: (said: object, status?: number) => Promise<void>;
}

let requests: Request[] = [];
const asked = (path: string): Request[] => requests.filter((each) => each.path.startsWith(path));
const last = (path: string): Request => {
  const found = asked(path).at(-1);
  if (found === undefined) throw new Error(`nobody asked for ${path}`);
  return found;
};
const settled = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 1); });

function fetched(path: string, request: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.signal?.addEventListener("abort", () => { reject(new DOMException("", "AbortError")); });
    const body = (typeof request.body === "string" ? JSON.parse(request.body) : {}) as Request["body"];
    const answer = async (said: object, status = 200): Promise<void> => {
      resolve(Response.json(said, { status }));
      await settled();
    };
    requests.push({ path, body, answer });
  });
}

const digit = (number: number, t: number | null = 5) => ({ image: btoa(String(number)), t, number, split: "test" });
const forward = (best: number | null = 3) => ({ probabilities: null, best, values: {}, milliseconds: 1 });
const trace = { loss: 1, values: {}, gradients: {}, ways: {}, weights: {}, order: [] };

async function loaded() {
  const [{ model }, pass, { go }] = await Promise.all([import("../src/state/model"), import("../src/state/pass"), import("../src/state/place")]);
  return { model, go, ...pass };
}

let page: Awaited<ReturnType<typeof loaded>>;

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("history", { pushState: () => undefined, replaceState: () => undefined });
  vi.stubGlobal("window", { addEventListener: () => undefined });
  vi.stubGlobal("document", { getElementById: () => null, querySelector: () => null });
  vi.stubGlobal("fetch", fetched);
  page = await loaded();
  page.follow();
});

beforeEach(async () => {
  page.model.value = MODEL;
  await last("/api/digit").answer(digit(8));
  await last("/api/forward").answer(forward());
});

afterEach(() => {
  page.model.value = null;
  page.go({ tab: "recognise", image: null, t: null, step: null, unit: null, training: false, seed: 0 });
  requests = [];
});

test("one pass is asked for once, wherever a reader goes in it", async () => {
  page.go({ tab: "back" });
  await last("/api/trace").answer(trace);
  const before = page.pass.value;
  page.go({ step: "loss" });
  page.go({ unit: "conv1:0,0,0" });
  expect(page.pass.value).toBe(before);
  expect(asked("/api/trace")).toHaveLength(1);
  page.go({ training: true, seed: 3 });
  expect(page.pass.value).toMatchObject({ t: 5, training: true, seed: 3 });
  expect(asked("/api/trace")).toHaveLength(2);
});

test("what was asked for last is shown, in whichever order the answers come", async () => {
  void page.openDigit("number=1");
  const first = last("/api/digit");
  void page.openDigit("number=2");
  await last("/api/digit").answer(digit(2));
  await first.answer(digit(1));
  expect(page.input.value?.from?.number).toBe(2);
  void page.openDigit("number=3");
  page.leave();
  await last("/api/digit").answer(digit(3));
  expect(page.input.value?.from?.number).toBe(2);
});

test("an input that no address can hold stays", async () => {
  await page.showing(() => Promise.resolve({ image: "A".repeat(8000), t: null, from: null, notes: [] }));
  expect(asked("/api/digit")).toHaveLength(1);
  expect(page.input.value?.image).toHaveLength(8000);
});

test("the answer to another input is not its true class", async () => {
  page.go({ tab: "back" });
  await last("/api/trace").answer(trace);
  await page.showing(() => Promise.resolve({ image: "AAAA", t: null, from: null, notes: [] }));
  expect([page.truth.value, page.pass.value]).toEqual([null, null]);
  expect(page.traced.value).not.toBeNull();
  await last("/api/forward").answer(forward(7));
  expect(last("/api/trace").body).toMatchObject({ image: "AAAA", t: 7 });
});

test("of an input without a true value no other one's trace is shown", async () => {
  page.go({ tab: "back" });
  await last("/api/trace").answer(trace);
  await page.showing(() => Promise.resolve({ image: "AAAA", t: null, from: null, notes: [] }));
  await last("/api/forward").answer(forward(null));
  expect(page.pass.value?.t).toBeNull();
  expect(page.traced.value).toBeNull();
  expect(asked("/api/trace")).toHaveLength(1);
});

test("a parameter that was refused is asked for again", async () => {
  const refused = page.weightsOf("conv1.w", "value").catch((problem: unknown) => String(problem));
  await last("/api/weights").answer({ error: "no" }, 400);
  expect(await refused).toContain("no");
  const found = page.weightsOf("conv1.w", "value");
  await last("/api/weights").answer({ shape: [1], data: "AACAPw==" });
  expect((await found).values).toEqual(Float32Array.of(1));
  expect(await page.weightsOf("conv1.w", "value")).toBe(await found);
});

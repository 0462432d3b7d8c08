/** The run on the server: told of by its events, asked for what is new, and ruled from here. */
import { computed, signal } from "@preact/signals";
import { events, get, post } from "../../api/client";
import type { Model } from "../../api/types";
import type { Do, News, Offered, Settings } from "../../api/training";
import { exchange, trying } from "../../state/model";
import { type History, joined, NOTHING, seenOf } from "./history";

export const history = signal<History>(NOTHING);
export const now = signal<News | null>(null);
export const offered = signal<Offered | null>(null);
/** What has been changed here: not yet told to the server, or told and not yet answered. */
const moved = signal<Partial<Settings>>({});
const sent = signal<Partial<Settings>>({});
export const settings = computed<Settings | null>(() => (now.value === null ? null : { ...now.value.settings, ...sent.value, ...moved.value }));

function join(news: News): void {
  history.value = joined(history.value, news);
  now.value = news;
}

let asking = false;
let again = false;

/** Ask for what is new; while an answer is on its way only remember to ask once more. */
async function ask(): Promise<void> {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  await trying(async () => {
    const { run, tests } = history.value;
    const known = run >= 0 && tests.length > 0; // the first test comes before the first step
    const news = await get<News>(known ? `/api/train?run=${run}&after=${seenOf(history.value)}` : "/api/train");
    offered.value = news.offered ?? offered.value;
    join(news);
  }, { background: true });
  asking = false;
  if (again) {
    again = false;
    void ask();
  }
}

/** Follow the run for as long as the tab is open; the function that ends it. */
export function follow(): () => void {
  void ask();
  const source = events("/api/train/events");
  source?.addEventListener("news", () => { void ask(); });
  source?.addEventListener("error", () => { void ask(); }); // which says so if the server has ended
  return () => { source?.close(); };
}

export async function tell(what: Do, change: Partial<Settings> = {}): Promise<void> {
  const mine: Partial<Settings> = { ...moved.value, ...change };
  const all = sent.value = { ...sent.value, ...mine };
  moved.value = {};
  await trying(async () => { now.value = await post<News>("/api/train", { do: what, settings: mine }); });
  if (sent.value === all) sent.value = {}; // else another answer is waited for
  await ask();
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** A slider that is being moved: shown at once, told when it rests for a moment. */
export function set(change: Partial<Settings>): void {
  moved.value = { ...moved.value, ...change };
  clearTimeout(timer);
  timer = setTimeout(() => { void tell("set"); }, 120);
}

/** Let the other tabs show the network as it is now. */
export async function take(): Promise<void> {
  await trying(async () => {
    const { origin, shape } = await post<Model>("/api/taken", {});
    exchange(origin?.key ?? null, String(shape));
  });
}

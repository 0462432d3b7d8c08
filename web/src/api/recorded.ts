/** Answers that `chainrule explain --export` wrote into the page, which then needs no server. */
import type { Pass } from "./types";
import { bytesOf } from "./arrays";

export interface Recorded {
  /** The one pass that was recorded. */
  pass: Pass;
  /** By `keyOf` of each request. */
  answers: Promise<Record<string, unknown>>;
}

const PASS = ["image", "t", "training", "seed"];

/** JSON with sorted keys and no spaces, as Python's json.dumps(sort_keys=True, separators=(",", ":")) writes it. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, of]) => of !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** A request's name: 'POST /api/unit {"count":200,...}', whose body is without the pass, which all of them share. */
export function keyOf(method: string, path: string, body?: object): string {
  if (body === undefined) return `${method} ${path}`;
  return `${method} ${path} ${canonical(Object.fromEntries(Object.entries(body).filter(([key]) => !PASS.includes(key))))}`;
}

/** Whether a request is of the recorded pass: of another digit, or class, nothing was recorded. */
export function isOf(pass: Pass, body: object | undefined): boolean {
  return Object.entries(body ?? {}).every(([key, value]) => !PASS.includes(key) || canonical(value) === canonical(pass[key as keyof Pass]));
}

export function readRecorded(text: string | null | undefined): Recorded | null {
  if (text === null || text === undefined || text.trim() === "") return null;
  const { pass, gzip } = JSON.parse(text) as { pass: Pass; gzip: string };
  return { pass, answers: unzipped(gzip) };
}

async function unzipped(gzip: string): Promise<Record<string, unknown>> {
  const stream = new Blob([bytesOf(gzip)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Record<string, unknown>;
}

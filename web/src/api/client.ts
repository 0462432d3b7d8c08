/** The server's routes as functions. What was recorded into the page is taken from there. */
import { isOf, keyOf, readRecorded } from "./recorded";

export const recorded = readRecorded(document.getElementById("recorded")?.textContent);
const token = document.querySelector<HTMLMetaElement>("meta[name=chainrule-token]")?.content ?? "";

/** What the server refused, in its own line. */
export class Refused extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** Asked of a recorded page, and not recorded. */
export const NOT_RECORDED = "This page was recorded: it has no server, and this answer was not recorded with it.";

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>("GET", path, undefined, signal);
}

export async function post<T>(path: string, body: object, signal?: AbortSignal): Promise<T> {
  return ask<T>("POST", path, body, signal);
}

/** The bytes of a file as they are. */
export async function send<T>(path: string, bytes: Blob): Promise<T> {
  if (recorded !== null) throw new Refused(NOT_RECORDED, 0);
  return answer<T>(await reach(path, { method: "POST", headers: headers("application/octet-stream"), body: bytes }));
}

/** Server-sent events; null where there is no server. */
export function events(path: string): EventSource | null {
  return recorded === null ? new EventSource(`${path}?token=${encodeURIComponent(token)}`) : null;
}

/** The network that requests are about: the name of one that was trained here; null: the given one. */
let about: string | null = null;
let changing = new AbortController();

/** From now on; what was asked about another one is not waited for. */
export function askAbout(network: string | null): void {
  if (network === about) return;
  about = network;
  changing.abort();
  changing = new AbortController();
}

async function ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  if (recorded !== null) {
    const found = isOf(recorded.pass, body) ? (await recorded.answers)[keyOf(method, path, body)] : undefined;
    if (found === undefined) throw new Refused(NOT_RECORDED, 0);
    return found as T;
  }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return answer<T>(await reach(path, { method, headers: headers("application/json"), signal: signal ?? null, ...sent }));
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    const signals = [changing.signal, ...(request.signal ? [request.signal] : [])];
    return await fetch(addressed(path), { ...request, signal: AbortSignal.any(signals) });
  } catch (problem) {
    if (isAbort(problem)) throw problem;
    throw new Refused("The server does not answer. Is `chainrule explain` still running?", 0);
  }
}

function addressed(path: string): string {
  return about === null ? path : `${path}${path.includes("?") ? "&" : "?"}network=${encodeURIComponent(about)}`;
}

function headers(type: string): Record<string, string> {
  return { "Content-Type": type, "X-Chainrule-Token": token };
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  throw new Refused(errorIn(text) ?? `The server answered ${response.status}.`, response.status);
}

function errorIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
}

export function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

export function isAbort(problem: unknown): boolean {
  return problem instanceof DOMException && problem.name === "AbortError";
}

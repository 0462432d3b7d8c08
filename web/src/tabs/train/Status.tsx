/** Start, pause, one batch, from the beginning; and where the run stands. */
import type { News } from "../../api/training";
import { Button } from "../../kit/Button";
import { percent, short, whole } from "../../kit/numbers";
import { type History } from "./history";
import { take, tell } from "./state";

const FIRST = 5;

export function Buttons({ news }: { news: News }) {
  const { state } = news;
  const stopped = state === "stopped";
  const goes = state === "running";
  return (
    <div class="row" role="group" aria-label="The run">
      {goes ? <Button main onPress={() => { void tell("pause"); }}>Pause</Button>
        : <Button main disabled={stopped} onPress={() => { void tell("start"); }}>Start</Button>}
      <Button disabled={stopped || goes} onPress={() => { void tell("step"); }}>One batch</Button>
      <Button title="The same weights, batches and dropout again" onPress={() => { void tell("reset"); }}>Reset</Button>
      <Button onPress={() => { void tell("reset", { seed: news.settings.seed + 1 }); }}>Reset, new seed</Button>
    </div>
  );
}

export function Standing({ news, history }: { news: News; history: History }) {
  const test = history.tests.at(-1);
  const facts: [string, string][] = [
    ["Epoch", news.batches === 0 ? "–" : whole(news.epoch + 1)],
    ["Batch", news.batches === 0 ? "–" : `${whole(news.batch)} of ${whole(news.batches)}`],
    ["Updates", whole(news.at)],
    ["Samples a second", news.rate === null ? "–" : whole(Number(news.rate.toPrecision(2)))],
    test?.accuracy === null ? ["Test loss", short(test.loss)] : ["Test accuracy", test === undefined ? "–" : percent(test.accuracy)],
  ];
  return (
    <>
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <p class="first">
        First losses{" "}
        {history.loss.length === 0 ? <span class="soft">come with the first batches; the same seed repeats them to the last bit</span>
          : history.loss.slice(0, FIRST).map((loss, k) => <code key={k} title={String(loss)}>{short(loss, 7)}</code>)}
      </p>
    </>
  );
}

const SAID: Record<News["state"], string> = {
  empty: "Nothing has been trained yet.",
  preparing: "Preparing: the network's kernels are being compiled; this happens only once.",
  running: "Training.",
  paused: "Paused.",
  stopped: "Stopped.",
};

/** Into the other tabs. */
export function Take({ news }: { news: News }) {
  const there = news.state === "running" || news.state === "paused";
  return (
    <div class="row">
      <Button disabled={!there} title="In Recognise, Back propagation and Evaluate, as it is now" onPress={() => { void take(); }}>Explain this network</Button>
    </div>
  );
}

export function State({ news }: { news: News }) {
  if (news.state === "stopped") return <p class="trouble" role="alert"><b>Stopped:</b> {news.message}. Reset to begin again.</p>;
  return <p class="hint" role="status">{SAID[news.state]}</p>;
}

/** Step by step, or played. */
import { useEffect } from "preact/hooks";
import { Button } from "../../kit/Button";
import { isWriting } from "../../kit/keys";
import { change, found, longest, playing, shown } from "./state";

const PAUSE = 90;

export function Transport() {
  const [at, last] = [shown.value, longest(found.value)];
  const to = (step: number): void => { change({ step: Math.max(0, Math.min(step, longest(found.value))) }); };
  useEffect(() => {
    if (!playing.value) return undefined;
    const timer = setInterval(() => {
      if (shown.value >= longest(found.value)) playing.value = false;
      else to(shown.value + 1);
    }, PAUSE);
    return () => { clearInterval(timer); };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `to` reads what is true when it is called
  }, [playing.value]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const by = event.key === "]" ? 1 : event.key === "[" ? -1 : 0;
      if (by === 0 || isWriting(event.target)) return;
      playing.value = false;
      to(shown.value + by);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      playing.value = false;
    };
  }, []);
  const play = (): void => {
    if (!playing.value && at >= last) to(0);
    playing.value = !playing.value;
  };
  return (
    <div class="transport" role="group" aria-label="Steps of the descent">
      <Button onPress={() => { to(0); }} disabled={at === 0} label="To the beginning">|◀</Button>
      <Button onPress={() => { to(at - 1); }} disabled={at === 0} label="One step back" title="One step back: [">Back</Button>
      <Button onPress={() => { to(at + 1); }} disabled={at >= last} label="One step" title="One step: ]">Step</Button>
      <Button main onPress={play}>{playing.value ? "Pause" : "Play"}</Button>
      <label class="where">
        <span>Step {at} of {last}</span>
        <input type="range" min={0} max={last} value={at} onInput={(event) => { playing.value = false; to(event.currentTarget.valueAsNumber); }} />
      </label>
    </div>
  );
}

/** Where a digit is drawn, by mouse, pen or finger. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { base64Of } from "../../api/arrays";
import { post, send } from "../../api/client";
import type { Picture } from "../../api/types";
import { Button } from "../../kit/Button";
import { input, leave, openDigit, showing } from "../../state/pass";
import { model } from "../../state/model";
import { thing } from "../../state/names";
import { NextMistake } from "../NextMistake";
import { draw, ink, line, SIDE, type Stroke } from "./strokes";

export function Pad() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const strokes = useSignal<readonly Stroke[]>([]);
  const erases = useSignal(false);
  const context = (): CanvasRenderingContext2D | null => canvas.current?.getContext("2d", { willReadFrequently: true }) ?? null;
  const drawn = input.value?.from === null;
  useEffect(() => {
    const to = context();
    if (to !== null) draw(to, strokes.value);
  }, [strokes.value]);
  const read = async (next: readonly Stroke[]) => ({ ...(await post<Picture>("/api/strokes", { pixels: base64Of(ink(next)) })), t: null, from: null });
  const change = (next: readonly Stroke[]): void => {
    strokes.value = next;
    const to = context();
    if (to !== null) draw(to, next);
    if (next.length === 0) leave();
    else void showing(() => read(next), { replace: drawn });
  };
  const pen = usePen(canvas, erases, (stroke) => { change([...strokes.value, stroke]); });
  return (
    <div class="pad">
      <canvas ref={canvas} width={SIDE} height={SIDE} role="img" aria-label="Drawing pad: draw with the mouse, a pen or a finger. By keyboard, choose a test image or a file below." {...pen} />
      {strokes.value.length === 0 ? <p class="invite" aria-hidden="true">{`Draw ${model.value?.kind === "digit" ? "a digit" : "here"}`}</p> : null}
      <div class="row tools">
        <Button pressed={!erases.value} onPress={() => { erases.value = false; }}>Pen</Button>
        <Button pressed={erases.value} onPress={() => { erases.value = true; }}>Eraser</Button>
        <Button disabled={strokes.value.length === 0} onPress={() => { change(strokes.value.slice(0, -1)); }}>Undo</Button>
        <Button disabled={strokes.value.length === 0} onPress={() => { change([]); }}>Clear</Button>
      </div>
    </div>
  );
}

export function Sources() {
  const file = useRef<HTMLInputElement>(null);
  const made = model.value?.data !== true;
  const upload = (files: FileList | null): void => {
    const chosen = files?.[0];
    if (chosen === undefined) return;
    void showing(async () => ({ ...(await send<Picture>("/api/picture", chosen)), t: null, from: null }));
  };
  return (
    <div class="row sources">
      <Button onPress={() => { void openDigit("number=random"); }}>{made ? `Make up ${thing() === "image" ? "an image" : "another one"}` : `Random test ${thing()}`}</Button>
      <NextMistake />
      <Button onPress={() => { file.current?.click(); }}>Open a picture …</Button>
      <input ref={file} type="file" accept="image/*" hidden aria-label="Picture for the network" onChange={(event) => { upload(event.currentTarget.files); event.currentTarget.value = ""; }} />
    </div>
  );
}

function usePen(canvas: { current: HTMLCanvasElement | null }, erases: { value: boolean }, onStroke: (stroke: Stroke) => void) {
  const stroke = useRef<Stroke | null>(null);
  const add = (event: PointerEvent): void => {
    const to = canvas.current;
    const context = to?.getContext("2d", { willReadFrequently: true });
    if (to === null || !context || stroke.current === null || !event.isPrimary) return;
    const box = to.getBoundingClientRect();
    stroke.current.points.push(((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE);
    line(context, stroke.current);
  };
  const end = (event: PointerEvent): void => {
    if (!event.isPrimary) return; // a second finger, or the palm, draws nothing
    if (stroke.current !== null) onStroke(stroke.current);
    stroke.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || !event.isPrimary) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      stroke.current = { erases: erases.value, points: [] };
      add(event);
    },
    onPointerMove: add,
    onPointerUp: end,
    onPointerCancel: end,
  };
}

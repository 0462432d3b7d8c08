import { useSignal } from "@preact/signals";
import { messageOf, post } from "../../api/client";
import type { Check } from "../../api/types";
import { Button } from "../../kit/Button";
import { short } from "../../kit/numbers";
import { pass } from "../../state/pass";

/** The derivative again, by moving the number a little both ways and looking at the loss. */
export function NumericCheck({ unit }: { unit: string }) {
  const found = useSignal<{ of: unknown; said: Check | string } | null>(null);
  const busy = useSignal(false);
  const check = async (): Promise<void> => {
    busy.value = true;
    const of = pass.value;
    const said = await post<Check>("/api/check", { ...of, unit }).catch((problem: unknown) => messageOf(problem));
    found.value = { of, said };
    busy.value = false;
  };
  const said = found.value?.of === pass.value ? found.value.said : null; // of another pass it says nothing
  return (
    <div class="check" aria-live="polite">
      <Button disabled={busy.value} onPress={() => { void check(); }}>{busy.value ? "Checking …" : "Check numerically"}</Button>
      {said === null ? null : typeof said === "string" ? <p class="under">{said}</p> : (
        <>
          <p class="numbers">( 8 [L(+h) − L(−h)] − [L(+2h) − L(−2h)] ) / 12h = {short(said.numeric, 7)}</p>
          <p class="under">{`h = ${short(said.h, 2)}; it differs by ${short(said.difference, 2)} from ${short(said.analytic, 7)}`}{said.same_piece ? "" : ". Between −2h and +2h lies a kink, where a ReLU or a window’s winner changes: there is no one derivative."}</p>
        </>
      )}
    </div>
  );
}

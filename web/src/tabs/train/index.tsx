/** A network learns, here and now; it can be watched, stopped, and driven into the ditch. */
import { useEffect } from "preact/hooks";
import "../../styles/train.css";
import { Beginning, Live } from "./Controls";
import { Curves } from "./Curves";
import { Filters } from "./Filters";
import { follow, history, now, offered, settings } from "./state";
import { Buttons, Standing, State, Take } from "./Status";

export function Train() {
  useEffect(follow, []);
  const [news, of] = [now.value, settings.value];
  if (news === null || of === null) return <p class="empty" aria-live="polite">Asking how the run stands …</p>;
  return (
    <div class="train">
      <aside>
        <h2>Train</h2>
        <Buttons news={news} />
        <State news={news} />
        <Take news={news} />
        <Live of={of} news={news} offered={offered.value} />
        <Beginning of={of} news={news} offered={offered.value} />
      </aside>
      <div class="seen">
        <Standing news={news} history={history.value} />
        <Curves of={history.value} />
        <Filters key={history.value.run} frames={history.value.frames} />
      </div>
    </div>
  );
}

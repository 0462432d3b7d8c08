import { recorded } from "../api/client";
import { model, trouble } from "../state/model";
import { go, tab } from "../state/place";
import { Header } from "./Header";
import { Shown } from "./Shown";
import { ENTRIES } from "./tabs";

export const shownEntries = ENTRIES.filter((entry) => recorded === null || entry.recorded);

export function App() {
  const entry = shownEntries.find((of) => of.tab === tab.value) ?? ENTRIES[0];
  if (entry === undefined) return null;
  const View = entry.view;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the content</a>
      <Header entries={shownEntries} current={entry.tab} onChoose={(to) => { go({ tab: to, view: null }); }} />
      <main id="main" tabIndex={-1}>
        <Shown />
        {trouble.value === null ? null : <p class="trouble" role="alert">{trouble.value}</p>}
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${entry.tab}`}>
          {model.value !== null ? <View key={model.value.origin?.key} />
            : trouble.value === null ? <p class="empty" aria-live="polite">Loading the model …</p> : null}
        </div>
      </main>
    </>
  );
}

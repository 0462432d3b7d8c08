import { recorded } from "../api/client";
import type { Tab } from "../state/hash";
import { model, nameOf } from "../state/model";
import { switchTheme, theme } from "../state/theme";
import type { Entry } from "./tabs";

interface Props {
  entries: readonly Entry[];
  current: Tab;
  onChoose: (tab: Tab) => void;
}

export function Header({ entries, current, onChoose }: Props) {
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const at = entries.findIndex((entry) => entry.tab === current);
    const next = entries[(at + by + entries.length) % entries.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    onChoose(next.tab);
    document.getElementById(`tab-${next.tab}`)?.focus();
  };
  const of = model.value;
  const switching = `Switch to ${theme.value === "dark" ? "light" : "dark"} mode`;
  return (
    <header class="head">
      <p class="mark"><span class="d">∂</span>chainrule</p>
      <div class="tabs" role="tablist" aria-label="Chapters" onKeyDown={onKeyDown}>
        {entries.map(({ tab, title }) => (
          <button key={tab} id={`tab-${tab}`} type="button" role="tab" aria-selected={tab === current} aria-controls="panel"
            tabIndex={tab === current ? 0 : -1} onClick={() => { onChoose(tab); }}>
            {title}
          </button>
        ))}
      </div>
      <p class="about">
        {of === null ? null : <span class="model" title={of.name}>{nameOf(of)}</span>}
        {recorded === null ? null : <span class="badge">recorded</span>}
        <button type="button" class="theme" aria-label={switching} title={switching} onClick={switchTheme}>
          <span aria-hidden="true">{theme.value === "dark" ? "☀" : "☾"}</span>
        </button>
      </p>
    </header>
  );
}

/** The page's tabs, in their order. */
import type { FunctionComponent } from "preact";
import type { Tab } from "../state/hash";
import { BackPropagation } from "../tabs/back";
import { Evaluate } from "../tabs/evaluate";
import { Recognise } from "../tabs/recognise";
import { Regression } from "../tabs/regression";
import { Train } from "../tabs/train";

export interface Entry {
  tab: Tab;
  title: string;
  view: FunctionComponent;
  /** Whether a recorded page, which has no server, can show it. */
  recorded: boolean;
}

export const ENTRIES: readonly Entry[] = [
  { tab: "recognise", title: "Recognise", view: Recognise, recorded: true },
  { tab: "back", title: "Back propagation", view: BackPropagation, recorded: true },
  { tab: "train", title: "Train", view: Train, recorded: false },
  { tab: "regression", title: "Regression", view: Regression, recorded: false },
  { tab: "evaluate", title: "Evaluate", view: Evaluate, recorded: false },
];

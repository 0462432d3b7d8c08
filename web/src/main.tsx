import { render } from "preact";
import { App } from "./app/App";
import { followModel } from "./state/model";
import { follow } from "./state/pass";
import "./styles/page.css";
import "./styles/kit.css";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
follow();
followModel();

/** Starts the page. */
// Must come first: the imports below create schemas.
import "./no_eval.ts";
import { render } from "preact";
import { App } from "./app.tsx";
import { Page, PageContext } from "./app_context.ts";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/live.css";
import "./styles/learning.css";
import "./styles/episodes.css";
import "./styles/run.css";

const page = new Page();
render(
  <PageContext.Provider value={page}>
    <App />
  </PageContext.Provider>,
  document.getElementById("app")!,
);

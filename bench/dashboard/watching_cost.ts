/**
 * The cost of watching for the learner: updates per second without a watcher, with a bare socket that receives a page's data
 * (a page on another machine), and with a page in a headless browser on this machine, which draws without a graphics card.
 * All within one run, in turns, so that other changes affect all alike.
 */
import type { Browser } from "playwright-core";
import type { Row } from "../measure.ts";
import { openSocket } from "./bare_socket.ts";
import type { TrainingProcess } from "./training_process.ts";

/** Seconds after opening a page that do not count. */
const SETTLE_S = 3;

type Watcher = "none" | "socket" | "page";
const WATCHERS: readonly Watcher[] = ["none", "socket", "page"];

export interface WatchingOptions {
  readonly training: TrainingProcess;
  readonly browser: Browser;
  readonly rounds: number;
  readonly windowS: number;
}

export async function watchingRows({ training, browser, rounds, windowS }: WatchingOptions): Promise<Row[]> {
  const open: Readonly<Record<Watcher, () => Promise<() => Promise<unknown>>>> = {
    none: async () => async () => {},
    socket: async () => {
      const socket = await openSocket(training.url);
      return async () => socket.close();
    },
    page: async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(training.url);
      await page.locator("#stage canvas").waitFor();
      return () => page.close();
    },
  };
  const rates: Record<Watcher, number[]> = { none: [], socket: [], page: [] };
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < WATCHERS.length; turn++) {
      const watcher = WATCHERS[(turn + round) % WATCHERS.length]!;
      const close = await open[watcher]();
      await seconds(SETTLE_S);
      const fromS = Date.now() / 1000;
      await seconds(windowS);
      rates[watcher].push(training.updateRate(fromS, Date.now() / 1000));
      await close();
    }
  }
  const cost = (watcher: Watcher) => rates.none.map((rate, i) => 100 * (1 - rates[watcher][i]! / rate));
  const detail = `${rounds} rounds of ${windowS} s each`;
  return [
    row("updates per second, nobody watches", rates.none, "1/s", detail),
    { ...row("cost of a watcher on another machine (bare socket)", cost("socket"), "%", detail), target: "≤ 3" },
    row("cost of a page in a browser without a graphics card on this machine", cost("page"), "%", detail),
  ];
}

function row(name: string, values: readonly number[], unit: string, detail: string): Row {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (share: number) => {
    const at = share * (sorted.length - 1);
    const low = sorted[Math.floor(at)]!;
    return low + (at % 1) * (sorted[Math.ceil(at)]! - low);
  };
  const [low, median, high] = [0.25, 0.5, 0.75].map(quantile) as [number, number, number];
  const all = values.map((value) => value.toFixed(1)).join(" ");
  return {
    name,
    value: median,
    unit,
    detail: `${detail}; quartiles ${low.toFixed(2)}, ${high.toFixed(2)}; all ${all}`,
  };
}

async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000 * count));
}

/** A real browser for the tests: Chromium as it is installed on this machine, or as Debian and Ubuntu bring it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** WebGL, and all the rest, without a graphics card; no sandbox where the tests run as root. */
const ARGUMENTS = [
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing"],
  ...["--no-sandbox", "--disable-dev-shm-usage"],
];

/**
 * @returns a browser's path: HANDRAIL_CHROMIUM, else one of the usual names on PATH, else one that is installed now.
 * @throws Error saying what to install.
 */
export function findChromium(): string {
  const { HANDRAIL_CHROMIUM: chosen, PATH = "" } = process.env;
  if (chosen !== undefined) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`HANDRAIL_CHROMIUM names "${chosen}", which is not there`);
  }
  const found = () =>
    [...NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))), ...PLACES].find(existsSync);
  return found() ?? (installChromium() ? found() : undefined) ?? fail();
}

/** It writes into a home folder of its own, which goes with it. */
export async function openBrowser(): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), "handrail-browser-"));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("XDG_")));
  const browser = await chromium.launch({
    ...{ executablePath: findChromium(), headless: true, args: ARGUMENTS },
    env: { ...env, HOME: home } as Record<string, string>,
  });
  browser.once("disconnected", () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return browser;
}

/** Collects everything a page complains about; a good page complains about nothing. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    const isDriverNote = /GL Driver Message|GPU stall due to ReadPixels/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isDriverNote) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

function installChromium(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) return false;
  console.log("Installing Chromium for the tests of the dashboard …");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    for (const command of [
      ["update", "-qq"],
      ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ]) {
      execFileSync("apt-get", command, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    }
    return true;
  } catch {
    return false;
  }
}

function fail(): never {
  throw new Error(
    "the dashboard is tested in a real browser and there is none: install Chromium or Chrome " +
      "(Debian: apt-get install chromium), or name one in HANDRAIL_CHROMIUM",
  );
}

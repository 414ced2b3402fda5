/** Opens Chromium for the tests: the installed one, or Debian's and Ubuntu's package. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** Those that Playwright switches off, as this list takes the place of its own. */
const PLAYWRIGHTS = [
  ...["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding", "MediaRouter"],
  ...["ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "HttpsUpgrades"],
  ...["HttpsFirstBalancedModeAutoEnable", "LensOverlay", "OptimizationHints", "NetworkTimeServiceQuerying"],
  ...["AimEnabled", "PreconnectToSearch"],
];

/** For each window, these start processes that no test needs: menus of the address bar, and one for the next page. */
const SPARE_PROCESSES = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"];

/** Software rendering, WebGL included; no sandbox, because the tests may run as root. */
const ARGUMENTS = [
  `--disable-features=${[...PLAYWRIGHTS, ...SPARE_PROCESSES].join(",")}`,
  ...["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing"],
  ...["--no-sandbox", "--disable-dev-shm-usage"],
];

/**
 * @returns the browser's path: HANDRAIL_CHROMIUM, or a usual name on PATH, or one that is installed now.
 * @throws Error naming what to install.
 */
export function findChromium(): string {
  const { HANDRAIL_CHROMIUM: chosen, PATH = "" } = process.env;
  if (chosen !== undefined) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`HANDRAIL_CHROMIUM names "${chosen}", which does not exist`);
  }
  const found = () =>
    [...NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))), ...PLACES].find(existsSync);
  return found() ?? (installChromium() ? found() : undefined) ?? fail();
}

/** WebGL works but draws nothing: software rendering takes as long as everything else on a page. */
const WITHOUT_DRAWING = "--disable-gl-drawing-for-tests";

/**
 * Uses a temporary home folder, which is deleted when the browser closes.
 *
 * @param options.drawsScenes Whether 3D scenes are visible.
 */
export async function openBrowser({ drawsScenes = false } = {}): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), "handrail-browser-"));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("XDG_")));
  const browser = await chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: drawsScenes ? ARGUMENTS : [...ARGUMENTS, WITHOUT_DRAWING],
    env: { ...env, HOME: home } as Record<string, string>,
  });
  browser.once("disconnected", () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return browser;
}

/** Collects a page's console errors, warnings and uncaught exceptions. */
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
    "no browser found for the dashboard's tests: install Chromium or Chrome " +
      "(Debian: apt-get install chromium), or set HANDRAIL_CHROMIUM",
  );
}

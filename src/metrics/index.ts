/** What a run reports about itself, and where the reports go. */
export * from "./browser.ts";

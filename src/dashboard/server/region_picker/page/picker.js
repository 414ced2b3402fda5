/** The region picker's page: frame selection, output size, config preview, and applying the regions. */
import { CameraRegion } from "./region.js";

const byId = (id) => document.getElementById(id);
const state = await (await fetch("state")).json();
let frame = 0;

const cameras = state.cameras.map((camera) => new CameraRegion(camera, state.initial.crops[camera.key], showConfig));
byId("cameras").append(...cameras.map(({ element }) => element));
byId("dataset").textContent =
  `${state.root} · ${state.episodes.length} episodes, ${state.frames} frames` +
  (state.target === null ? "" : ` → ${state.target}`);
byId("apply").textContent = state.target === null ? "Use these regions" : "Crop the dataset";
byId("frame").max = String(state.frames - 1);
byId("resize").checked = state.initial.resize !== null;
[byId("resize-height").value, byId("resize-width").value] = state.initial.resize ?? [128, 128];
showFrame(0);
showSize();

byId("previous").addEventListener("click", () => showFrame(frame - 1));
byId("next").addEventListener("click", () => showFrame(frame + 1));
byId("random").addEventListener("click", () => showFrame(crypto.getRandomValues(new Uint32Array(1))[0] % state.frames));
byId("frame").addEventListener("input", (event) => showFrame(event.target.valueAsNumber));
for (const id of ["resize", "resize-height", "resize-width"]) byId(id).addEventListener("input", showSize);
byId("copy").addEventListener("click", copyConfig);
byId("choice").addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});

function showFrame(index) {
  frame = (index + state.frames) % state.frames;
  const { episodeIndex, fromIndex, length } = state.episodes.findLast(({ fromIndex }) => fromIndex <= frame);
  const position = `frame ${frame - fromIndex + 1} of ${length}, episode ${episodeIndex}`;
  byId("frame").value = String(frame);
  byId("position").textContent = position;
  byId("frame").setAttribute("aria-valuetext", position);
  for (const each of cameras) each.show(`frames/${frame}/${encodeURIComponent(each.camera.key)}`, position);
}

function showSize() {
  for (const id of ["resize-height", "resize-width"]) byId(id).disabled = !byId("resize").checked;
  for (const camera of cameras) camera.showResized(chosenSize());
  showConfig();
}

/** `[height, width]`, or null. */
function chosenSize() {
  const size = [byId("resize-height").valueAsNumber, byId("resize-width").valueAsNumber];
  return byId("resize").checked && size.every((value) => value >= 1) ? size : null;
}

/** Cameras whose region is the whole image are not cropped. */
function choice() {
  const cropped = cameras.filter(({ isWhole }) => !isWhole);
  return { crops: Object.fromEntries(cropped.map(({ camera, crop }) => [camera.key, crop])), resize: chosenSize() };
}

function showConfig() {
  // The first call happens while the cameras are created.
  if (!byId("cameras").hasChildNodes()) return;
  const { crops, resize } = choice();
  const lines = Object.entries(crops).map(([key, crop]) => `    "${key}": [${crop.join(", ")}]`);
  const dictionary = lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n  }`;
  const size = resize === null ? "" : `,\n  "resize_size": [${resize.join(", ")}]`;
  byId("config").textContent = `{\n  "crop_params_dict": ${dictionary}${size}\n}`;
}

async function copyConfig() {
  await navigator.clipboard.writeText(byId("config").textContent);
  byId("copy").textContent = "Copied";
  setTimeout(() => {
    byId("copy").textContent = "Copy";
  }, 1500);
}

async function apply() {
  const { crops, resize } = choice();
  if (Object.keys(crops).length === 0 && resize === null) {
    report("Nothing is cropped or resized yet: draw a region first.", "problem");
    return;
  }
  setBusy(true);
  report(state.target === null ? "" : "Writing …");
  try {
    const response = await fetch("pick", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ crops, resize }),
    });
    if (!response.ok) throw new Error(await response.text());
    await followProgress(response);
    report(
      state.target === null ? "Done. You can close this page." : `Written to ${state.target}. You can close this page.`,
    );
  } catch (error) {
    setBusy(false);
    report(error.message, "problem");
  }
}

/** Reads one JSON message per line until the server reports that it has finished. */
async function followProgress(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let finished = false;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const lines = text.split("\n");
    text = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      if (message.error !== undefined) throw new Error(message.error);
      finished ||= message.finished === true;
      if (message.total !== undefined) Object.assign(byId("progress"), { max: message.total, value: message.done });
    }
  }
  if (!finished) throw new Error("The command has ended: see the terminal.");
}

function setBusy(isBusy) {
  for (const element of document.querySelectorAll("button, input")) element.disabled = isBusy;
  byId("progress").hidden = !isBusy || state.target === null;
  document.body.classList.toggle("busy", isBusy);
  if (!isBusy) showSize();
}

function report(text, kind = "") {
  byId("status").textContent = text;
  byId("status").className = kind;
}

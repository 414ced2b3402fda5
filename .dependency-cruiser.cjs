/**
 * Imports point inward. Each layer lists the layers it may import; anything else is an error.
 * Keys are folders of `src/`; a folder may always import itself and `utils`.
 */
const LIBRARY = {
  utils: [],
  tensor: [],
  config: [],
  processors: ["tensor", "config"],
  vision: ["tensor", "config"],
  policies: ["tensor", "config", "processors", "vision"],
  rewards: ["tensor", "config", "processors", "policies", "replay", "datasets", "vision"],
  replay: ["tensor", "config"],
  algorithms: ["tensor", "config", "processors", "policies", "replay", "vision"],
  envs: ["tensor", "config", "processors"],
  teleoperators: ["tensor", "config", "processors", "envs"],
  datasets: ["tensor", "config", "replay"],
  data: ["tensor", "config", "replay", "datasets", "algorithms"],
  transport: ["tensor", "config"],
  metrics: ["config"],
};
/**
 * On top of the library: these may import all of it. The robot's side (`rollout`) and the learner's side (`learning`)
 * know nothing of each other: what they agree on is `spec`, what both are set to is `settings`, and `runs` joins them.
 */
const BOTH_SIDES = [...Object.keys(LIBRARY), "spec", "settings"];
const MAY_IMPORT = {
  ...LIBRARY,
  spec: ["tensor", "config", "envs", "processors", "replay", "transport", "metrics"],
  settings: Object.keys(LIBRARY),
  rollout: BOTH_SIDES,
  learning: BOTH_SIDES,
  runs: [...BOTH_SIDES, "rollout", "learning"],
  dashboard: [...BOTH_SIDES, "rollout", "learning", "runs"],
};
/** All that a web page may run of ours: what it shares with the server, and the parts of metrics without Node. */
const SHARED_WITH_THE_PAGE =
  "^src/(dashboard/(web/|(protocol|run_state|limits|frames|recording_format)\\.ts$)|metrics/|config/)";
const forbidden = Object.entries(MAY_IMPORT).map(([layer, allowed]) => ({
  name: `${layer}-imports-inward`,
  comment: `src/${layer} may import only: ${[layer, "utils", ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: { path: "^src/", pathNot: `^src/(${[layer, "utils", ...allowed].join("|")})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: "page-runs-without-node",
      comment: "src/dashboard/web runs in a browser: of the rest it may import types only.",
      severity: "error",
      from: {
        path: "^src/dashboard/(web/|(protocol|run_state|limits|frames|recording_format)\\.ts$)",
        pathNot: "\\.test\\.ts$",
      },
      to: { path: "^src/", pathNot: SHARED_WITH_THE_PAGE, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-circular-in-the-engine",
      comment: "src/tensor has no import circles at all, of types neither",
      severity: "error",
      from: { path: "^src/tensor/" },
      to: { circular: true },
    },
    {
      name: "engine-knows-no-backend",
      comment: "src/tensor/compile.ts alone brings programs and backends together",
      severity: "error",
      from: { path: "^src/tensor/", pathNot: "^src/tensor/(backends/|(compile|index)\\.ts$)" },
      to: { path: "^src/tensor/backends/" },
    },
    {
      name: "graph-knows-no-operations",
      comment: "src/tensor/ir is what operations, gradients and backends are built on",
      severity: "error",
      from: { path: "^src/tensor/ir/" },
      to: { path: "^src/tensor/(autodiff|backends|nn|ops|optim)/" },
    },
    {
      name: "operations-know-no-gradients-of-graphs",
      comment: "src/tensor/ops has the rule of each operation; src/tensor/autodiff walks the graph",
      severity: "error",
      from: { path: "^src/tensor/ops/" },
      to: { path: "^src/tensor/(autodiff|nn|optim)/" },
    },
    {
      name: "engine-needs-no-node",
      comment: "Only backends and files may: the rest of src/tensor also runs in browsers",
      severity: "error",
      from: { path: "^src/tensor/", pathNot: "(^src/tensor/(backends/|safetensors/file\\.ts$)|\\.test\\.ts$)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "metrics-for-browsers-need-no-node",
      comment: "src/metrics/browser.ts and what it exports also run in web pages",
      severity: "error",
      from: {
        path: "^src/metrics/(browser|learning_curve|palette|run_event|run_event_json|run_events|run_history|series|stretches)\\.ts$",
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "onnxruntime-is-loaded-in-one-place",
      comment: "src/tensor/backends/onnx/onnxruntime_node.ts turns the library's telemetry off first",
      severity: "error",
      from: { path: "^(src|bench|examples|test)/", pathNot: "^src/tensor/backends/onnx/onnxruntime_node\\.ts$" },
      to: { path: "node_modules/onnxruntime-node/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "source-does-not-import-tests",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(test|bench|examples)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"], conditionNames: ["import", "types"] },
  },
};

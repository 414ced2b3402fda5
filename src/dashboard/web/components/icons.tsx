/** Icons as SVG paths, which look the same on every system. */

const PATHS = {
  live: "M3 12h4l3-8 4 16 3-8h4",
  learning: "M3 20h18M5 16l5-6 4 3 6-8",
  episodes: "M4 5h16v14H4zM10 9v6l5-3z",
  run: "M4 7h10M18 7h2M4 17h2M10 17h10M14 5v4M6 15v4",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8z",
  play: "M7 4l13 8-13 8z",
  pause: "M7 4v16M17 4v16",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  reset: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4",
  robot: "M6 9h12v10H6zM12 9V5M9 13v2M15 13v2M3 13v3M21 13v3",
  brain: "M4 18c4 0 4-12 8-12s4 12 8 12",
  data: "M5 6c0-1.7 14-1.7 14 0v12c0 1.7-14 1.7-14 0zM5 6c0 1.7 14 1.7 14 0M5 12c0 1.7 14 1.7 14 0",
  hand: "M8 12V6.5a1.5 1.5 0 0 1 3 0V11m0-6.5a1.5 1.5 0 0 1 3 0V11m0-4.5a1.5 1.5 0 0 1 3 0V14a6 6 0 0 1-6 6c-3 0-4-1.5-5.5-4.500l-1.500-3a1.500 1.500 0 0 1 2.600-1.400z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  cross: "M6 6l12 12M18 6L6 18",
  up: "M12 19V5m-6 6 6-6 6 6",
  down: "M12 5v14m-6-6 6 6 6-6",
  left: "M19 12H5m6-6-6 6 6 6",
  right: "M5 12h14m-6-6 6 6-6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={name === "play" || name === "stop" ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

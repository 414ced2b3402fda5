import { expect, it } from "vitest";
import { DEFAULT_VIDEO_PATH, filePath, formatPath, nextFile } from "./paths.ts";

it("fills Python path templates, padded and plain", () => {
  expect(filePath(DEFAULT_VIDEO_PATH, { chunk: 2, file: 1000 }, "observation.images.front")).toBe(
    "videos/observation.images.front/chunk-002/file-1000.mp4",
  );
  expect(formatPath("{name}-{n:04d}-{n}", { name: "a", n: 7 })).toBe("a-0007-7");
  expect(() => formatPath("{other}", {})).toThrow('needs "other"');
});

it("numbers files up to the chunk's size, then begins the next chunk", () => {
  expect(nextFile({ chunk: 0, file: 0 }, 2)).toEqual({ chunk: 0, file: 1 });
  expect(nextFile({ chunk: 0, file: 1 }, 2)).toEqual({ chunk: 1, file: 0 });
  expect(nextFile({ chunk: 4, file: 0 }, 1)).toEqual({ chunk: 5, file: 0 });
});

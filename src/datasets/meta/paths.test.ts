import { expect, it } from "vitest";
import {
  DEFAULT_DATA_PATH,
  DEFAULT_VIDEO_PATH,
  describeUnsafeTemplate,
  filePath,
  formatPath,
  nextFile,
} from "./paths.ts";

it("fills Python path templates, padded and plain", () => {
  expect(filePath(DEFAULT_VIDEO_PATH, { chunk: 2, file: 1000 }, "observation.images.front")).toBe(
    "videos/observation.images.front/chunk-002/file-1000.mp4",
  );
  expect(formatPath("{name}-{n:04d}-{n}", { name: "a", n: 7 })).toBe("a-0007-7");
  expect(() => formatPath("{other}", {})).toThrow('needs "other"');
  expect(() => formatPath("{__proto__}{constructor}", {})).toThrow('needs "__proto__"');
});

it("numbers files up to the chunk's size, then begins the next chunk", () => {
  expect(nextFile({ chunk: 0, file: 0 }, 2)).toEqual({ chunk: 0, file: 1 });
  expect(nextFile({ chunk: 0, file: 1 }, 2)).toEqual({ chunk: 1, file: 0 });
  expect(nextFile({ chunk: 4, file: 0 }, 1)).toEqual({ chunk: 5, file: 0 });
});

it.each([
  ["../outside.parquet", /leads out of the dataset: .* contains "\.\."/],
  ["/etc/{file_index}.parquet", /is absolute/],
  ["C:\\data\\{file_index}.parquet", /contains "\\"/],
  ["//server/share/{file_index}", /is absolute/],
  ["data/\0{file_index}.parquet", /control character/],
  [".git/hooks/{file_index}", /hidden file/],
  ["data/{chunk_index:0900000000d}.parquet", /fields of another form/],
  ["data/{nothing}.parquet", /needs "nothing"/],
  ["videos/{video_key}/{file_index}.mp4", /contains "\.\."/],
])("refuses the template %j", (template, problem) => {
  expect(describeUnsafeTemplate(template, "../../camera")).toMatch(problem);
  expect(describeUnsafeTemplate(DEFAULT_DATA_PATH)).toBeUndefined();
});

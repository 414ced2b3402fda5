/**
 * The binary messages of the WebSocket, little-endian: body poses and camera images. Images are sent raw: at the sizes
 * policies use, compression costs more than it saves.
 *
 *     poses: u8 = 1, 3 bytes 0, u32 episode, u32 step, f32 × bodies × 7
 *     image: u8 = 2, u8 camera, u16 width, u16 height, 2 bytes 0, then rgb × width × height
 */

const POSES = 1;
const IMAGE = 2;
const POSES_HEADER = 12;
const IMAGE_HEADER = 8;
const LITTLE_ENDIAN = true;

export interface PoseFrame {
  readonly type: "poses";
  readonly episode: number;
  readonly step: number;
  /** Per body: position x, y, z in metres, quaternion w, x, y, z. */
  readonly poses: Float32Array;
}

export interface ImageFrame {
  readonly type: "image";
  /** Index in the welcome's list. */
  readonly camera: number;
  readonly width: number;
  readonly height: number;
  /** height × width × 3. */
  readonly rgb: Uint8Array;
}

export function encodePoses({ episode, step, poses }: Omit<PoseFrame, "type">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(POSES_HEADER + poses.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, POSES);
  view.setUint32(4, episode, LITTLE_ENDIAN);
  view.setUint32(8, step, LITTLE_ENDIAN);
  new Float32Array(bytes.buffer, POSES_HEADER).set(poses);
  return bytes;
}

export function encodeImage({ camera, width, height, rgb }: Omit<ImageFrame, "type">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(IMAGE_HEADER + rgb.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, IMAGE);
  view.setUint8(1, camera);
  view.setUint16(2, width, LITTLE_ENDIAN);
  view.setUint16(4, height, LITTLE_ENDIAN);
  bytes.set(rgb, IMAGE_HEADER);
  return bytes;
}

/** @throws Error for a frame of unknown type or wrong length. */
export function decodeFrame(buffer: ArrayBuffer): PoseFrame | ImageFrame {
  const view = new DataView(buffer);
  const type = buffer.byteLength > 0 ? view.getUint8(0) : 0;
  if (type === POSES && buffer.byteLength >= POSES_HEADER && buffer.byteLength % 4 === 0) {
    return {
      type: "poses",
      episode: view.getUint32(4, LITTLE_ENDIAN),
      step: view.getUint32(8, LITTLE_ENDIAN),
      poses: new Float32Array(buffer, POSES_HEADER),
    };
  }
  if (type === IMAGE && buffer.byteLength >= IMAGE_HEADER) {
    const width = view.getUint16(2, LITTLE_ENDIAN);
    const height = view.getUint16(4, LITTLE_ENDIAN);
    const rgb = new Uint8Array(buffer, IMAGE_HEADER);
    if (rgb.length === width * height * 3) return { type: "image", camera: view.getUint8(1), width, height, rgb };
  }
  throw new Error(`a binary frame of type ${type} and ${buffer.byteLength} bytes is not supported by this page`);
}

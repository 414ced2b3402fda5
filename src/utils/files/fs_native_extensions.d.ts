/** The part of the package that is used; it ships no types. */
declare module "fs-native-extensions" {
  /** @returns false when another open file description, of any process, holds the range. @throws Error with a `code`. */
  export function tryLock(fd: number, offset: number, length: number): boolean;
}

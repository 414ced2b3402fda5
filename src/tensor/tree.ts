/**
 * Named trees: plain objects and arrays whose leaves are tensors, expressions or specifications.
 * A leaf's path joined by dots is its name, so a tree of parameters flattens to a PyTorch state dict.
 */

export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** The tree `T` with every leaf of type `From` replaced by `To`. */
export type MapTree<T, From, To> = [Tree<From>] extends [T]
  ? Tree<To>
  : T extends From
    ? To
    : T extends readonly unknown[] | Readonly<Record<string, unknown>>
      ? { [K in keyof T]: MapTree<T[K], From, To> }
      : never;

/** Containers are plain objects and arrays; an instance of any class is a leaf. */
function isContainer(node: unknown): node is Readonly<Record<string, unknown>> | readonly unknown[] {
  if (Array.isArray(node)) return true;
  if (typeof node !== "object" || node === null) return false;
  const prototype = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

/**
 * All leaves with their names, in insertion order. `undefined` entries are left out.
 *
 * @throws Error if two leaves have the same name, as in `{ "a.b": x, a: { b: y } }`.
 */
export function flattenTree<Leaf>(tree: Tree<Leaf>, prefix = ""): [name: string, leaf: Leaf][] {
  const leaves: [name: string, leaf: Leaf][] = [];
  const visit = (node: Tree<Leaf>, name: string) => {
    if (!isContainer(node)) {
      leaves.push([name, node as Leaf]);
      return;
    }
    for (const [key, child] of Object.entries(node)) {
      if (child !== undefined) visit(child as Tree<Leaf>, name === "" ? key : `${name}.${key}`);
    }
  };
  visit(tree, prefix);
  const names = new Set<string>();
  for (const [name] of leaves) {
    if (names.has(name)) throw new Error(`two leaves of the tree are named "${name}"`);
    names.add(name);
  }
  return leaves;
}

/** The same tree with every leaf replaced by `map(leaf, name)`. */
export function mapTree<T, Leaf, To>(
  tree: T,
  map: (leaf: Leaf, name: string) => To,
  prefix = "",
): MapTree<T, Leaf, To> {
  const visit = (node: unknown, name: string): unknown => {
    if (!isContainer(node)) return map(node as Leaf, name);
    const child = (key: string | number, value: unknown) => visit(value, name === "" ? `${key}` : `${name}.${key}`);
    if (Array.isArray(node)) return node.map((value, index) => child(index, value));
    const entries = Object.entries(node).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries.map(([key, value]) => [key, child(key, value)]));
  };
  return visit(tree, prefix) as MapTree<T, Leaf, To>;
}

/**
 * Reads trees of one form without naming their leaves, which {@link flattenTree} spends its time on.
 *
 * @returns A function that appends a tree's leaves to `into`, in the order of `flattenTree(like)`. It returns false, having
 *   read some of them, where the tree has another form than `like`.
 */
export function leafReader(like: unknown): (tree: unknown, into: unknown[]) => boolean {
  if (!isContainer(like)) {
    return (node, into) => {
      if (node === undefined || isContainer(node)) return false;
      into.push(node);
      return true;
    };
  }
  const present = Object.entries(like).filter(([, value]) => value !== undefined);
  const children = present.map(([key, child]) => ({ key, read: leafReader(child) }));
  return (node, into) => {
    if (!isContainer(node) || Array.isArray(node) !== Array.isArray(like)) return false;
    let unread = children.length;
    for (const _ in node) unread--;
    if (unread !== 0) return false;
    for (const { key, read } of children) {
      if (!read((node as Readonly<Record<string, unknown>>)[key], into)) return false;
    }
    return true;
  };
}

/** The opposite of {@link leafReader}: builds trees like `like` from leaves in the order of `flattenTree(like)`. */
export function treeBuilder<Leaf>(like: unknown): (leaves: readonly Leaf[]) => unknown {
  let count = 0;
  const visit = (node: unknown): ((leaves: readonly Leaf[]) => unknown) => {
    if (!isContainer(node)) {
      const index = count++;
      return (leaves) => leaves[index];
    }
    if (Array.isArray(node)) {
      const children = node.map((child) => (child === undefined ? undefined : visit(child)));
      return (leaves) => children.map((build) => build?.(leaves));
    }
    const children = Object.entries(node)
      .filter(([, value]) => value !== undefined)
      .map(([key, child]) => ({ key, build: visit(child) }));
    return (leaves) => {
      const built: Record<string, unknown> = {};
      for (const { key, build } of children) built[key] = build(leaves);
      return built;
    };
  };
  return visit(like);
}

/** {@link mapTree} for leaves that keep their type, and so the tree's. */
export function mapLeaves<T, Leaf>(tree: T, map: (leaf: Leaf, name: string) => Leaf): T {
  return mapTree<T, Leaf, Leaf>(tree, map) as T;
}

/**
 * Rebuilds a tree shaped like `like` from named leaves.
 *
 * @throws Error listing every name that is missing from, or unexpected in, `leaves`.
 */
export function treeFromNames<T, Leaf, To>(
  like: T,
  leaves: ReadonlyMap<string, To>,
  what = "tree",
): MapTree<T, Leaf, To> {
  const names = flattenTree(like as Tree<Leaf>).map(([name]) => name);
  assertSameNames(names, [...leaves.keys()], what);
  return mapTree<T, Leaf, To>(like, (_, name) => leaves.get(name)!);
}

/** @throws Error listing missing and unexpected names. */
export function assertSameNames(expected: readonly string[], actual: readonly string[], what: string): void {
  const missing = expected.filter((name) => !actual.includes(name));
  const unexpected = actual.filter((name) => !expected.includes(name));
  if (missing.length === 0 && unexpected.length === 0) return;
  const parts = [
    missing.length > 0 ? `missing: ${missing.join(", ")}` : "",
    unexpected.length > 0 ? `unexpected: ${unexpected.join(", ")}` : "",
  ];
  throw new Error(`${what} does not have the expected names (${parts.filter(Boolean).join("; ")})`);
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assertSameNames,
  flattenTree,
  leafReader,
  mapLeaves,
  mapTree,
  type Tree,
  treeBuilder,
  treeFromNames,
} from "./tree.ts";

class Leaf {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

const key = fc.stringMatching(/^[a-z]{1,3}$/);
const { tree: trees } = fc.letrec<{ tree: Tree<Leaf> }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.nat().map((value) => new Leaf(value)),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe("flattenTree", () => {
  test("joins keys and positions with dots, in insertion order, without undefined entries", () => {
    const tree = { b: { weight: new Leaf(1), bias: undefined }, a: [new Leaf(2), { c: new Leaf(3) }] };
    const names = flattenTree(tree as unknown as Tree<Leaf>).map(([name, { value }]) => [name, value]);
    expect(names).toEqual([
      ["b.weight", 1],
      ["a.0", 2],
      ["a.1.c", 3],
    ]);
  });

  test("treats instances of classes as leaves and names a lone leaf with the prefix", () => {
    expect(flattenTree(new Leaf(1))).toEqual([["", new Leaf(1)]]);
    expect(flattenTree({ x: new Leaf(1) }, "state")).toEqual([["state.x", new Leaf(1)]]);
  });

  test("refuses two leaves of one name", () => {
    const tree = { "a.b": new Leaf(1), a: { b: new Leaf(2) } };
    expect(() => flattenTree(tree)).toThrow(/two leaves of the tree are named "a\.b"/);
  });
});

describe("mapTree", () => {
  test("keeps the form and passes the names of flattenTree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const seen: [string, Leaf][] = [];
        const same = mapTree<Tree<Leaf>, Leaf, Leaf>(tree, (leaf, name) => {
          seen.push([name, leaf]);
          return leaf;
        });
        expect(same).toEqual(tree);
        expect(seen).toEqual(flattenTree(tree));
      }),
    );
  });
});

describe("treeFromNames", () => {
  test("is the inverse of flattenTree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const rebuilt = treeFromNames<Tree<Leaf>, Leaf, Leaf>(tree, new Map(flattenTree(tree)));
        expect(rebuilt).toEqual(tree);
      }),
    );
  });

  test("lists what is missing and what is unexpected", () => {
    const like = { a: new Leaf(1), b: new Leaf(2) };
    const leaves = new Map([
      ["a", 1],
      ["c", 3],
    ]);
    expect(() => treeFromNames(like, leaves, "checkpoint")).toThrow(
      "checkpoint does not have the expected names (missing: b; unexpected: c)",
    );
  });
});

describe("leafReader and treeBuilder", () => {
  test("take a tree apart like flattenTree, and put it together again", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const leaves: unknown[] = [];
        expect(leafReader(tree)(tree, leaves)).toBe(true);
        expect(leaves).toEqual(flattenTree(tree).map(([, leaf]) => leaf));
        expect(treeBuilder(tree)(leaves)).toEqual(tree);
      }),
    );
  });

  test("read trees of exactly one form", () => {
    const form = (tree: Tree<Leaf>): string => {
      if (tree instanceof Leaf) return "leaf";
      const children = Object.entries(tree).map(([name, child]) => `${name}: ${form(child)}`);
      return Array.isArray(tree) ? `[${children}]` : `{${children.sort()}}`;
    };
    fc.assert(
      fc.property(trees, trees, (like, tree) => {
        expect(leafReader(like)(tree, [])).toBe(form(like) === form(tree));
      }),
    );
    const leaf = new Leaf(1);
    const read = leafReader({ a: leaf, b: [leaf, leaf] });
    expect(read({ b: [leaf, leaf], a: leaf }, [])).toBe(true);
    for (const other of [
      { a: leaf },
      { a: leaf, b: undefined },
      { a: leaf, b: [leaf] },
      { a: leaf, b: { 0: leaf, 1: leaf } },
      { a: leaf, b: [leaf, leaf], c: leaf },
      { a: [leaf], b: [leaf, leaf] },
    ]) {
      expect(read(other, []), JSON.stringify(other)).toBe(false);
    }
  });

  test("leave out undefined entries, but keep the positions of lists", () => {
    const build = treeBuilder({ a: undefined, b: [undefined, new Leaf(1)], c: new Leaf(2) });
    expect(Object.entries(build([1, 2]) as object)).toEqual([
      ["b", [undefined, 1]],
      ["c", 2],
    ]);
  });
});

test("mapLeaves keeps the form and passes every leaf's name", () => {
  const doubled = mapLeaves({ a: 1, b: [2, { c: 3 }] }, (leaf: number, name) => (name === "b.1.c" ? leaf : 2 * leaf));
  expect(doubled).toEqual({ a: 2, b: [4, { c: 3 }] });
});

test("assertSameNames accepts any order", () => {
  expect(() => assertSameNames(["a", "b"], ["b", "a"], "tree")).not.toThrow();
  expect(() => assertSameNames(["a"], [], "tree")).toThrow("(missing: a)");
  expect(() => assertSameNames([], ["a"], "tree")).toThrow("(unexpected: a)");
});

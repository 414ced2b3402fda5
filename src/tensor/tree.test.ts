import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertSameNames, flattenTree, mapLeaves, mapTree, type Tree, treeFromNames } from "./tree.ts";

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

test("mapLeaves keeps the form and passes every leaf's name", () => {
  const doubled = mapLeaves({ a: 1, b: [2, { c: 3 }] }, (leaf: number, name) => (name === "b.1.c" ? leaf : 2 * leaf));
  expect(doubled).toEqual({ a: 2, b: [4, { c: 3 }] });
});

test("assertSameNames accepts any order", () => {
  expect(() => assertSameNames(["a", "b"], ["b", "a"], "tree")).not.toThrow();
  expect(() => assertSameNames(["a"], [], "tree")).toThrow("(missing: a)");
  expect(() => assertSameNames([], ["a"], "tree")).toThrow("(unexpected: a)");
});

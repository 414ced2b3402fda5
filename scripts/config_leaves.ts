/**
 * Finds settings without effect: compares every key of the training config with the code that runs execute.
 *
 * A key has an effect if the value of its property is used: TypeScript knows which property each access reads, also behind
 * inferred types, destructuring and renaming. Reads in the doctor, in a schema's checks, in advice, and in modules that no
 * command of a run imports do not count. A value that is only copied into another object counts if that object's property is
 * used.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { z } from "zod";
import { registryOf } from "../src/config/schema/registry.ts";
import { fieldsOf, formsOf } from "../src/config/schema/schema_walk.ts";
import { TrainRLServerPipelineConfigSchema } from "../src/settings/config.ts";

const ROOT = join(import.meta.dirname, "..");

type Schema = z.core.$ZodType;

/** Entry points of a run. */
const COMMANDS = ["actor", "eval", "learn", "learner", "record", "replay", "train"];

/** Code that reads settings outside a run. */
const ONLY_LOOKS = [/^src\/runs\/doctor\//, /^src\/config\//, /\.test\.tsx?$/];

/** The type of a registered config, and how its read properties are named: `module#Type`. */
interface ConfigType {
  readonly type: string;
  readonly property?: (key: string) => string;
}

const camelCase = (key: string): string => key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const transport = { type: "src/transport/settings.ts#TransportSettings", property: camelCase };

/** By `type` in the config. */
const CONFIG_TYPES: Readonly<Record<string, ConfigType>> = {
  gym_manipulator: { type: "src/envs/gym_manipulator/config.ts#GymManipulatorConfig" },
  gaussian_actor: { type: "src/policies/gaussian_actor/config.ts#GaussianActorConfig" },
  sac: { type: "src/algorithms/sac/config.ts#SACAlgorithmConfig" },
  reward_classifier: { type: "src/rewards/classifier/reward_model_type.ts#RewardClassifierSettings" },
  grpc: transport,
  in_process: transport,
};

interface UntypedRead {
  readonly file: string;
  readonly text: string;
  readonly why: string;
}

/** Keys that are read through untyped values, each with the module and the text that reads it. */
export const READ_UNTYPED: Readonly<Record<string, UntypedRead>> = {
  "env.(gym_manipulator).teleop": {
    file: "src/runs/make_teleoperator.ts",
    text: "(env as { readonly teleop?: TypedConfig | null } | null)?.teleop",
    why: "any type of environment may have one",
  },
  "env.(gym_manipulator).teleop.type": {
    file: "src/runs/make_teleoperator.ts",
    text: "teleopOf(config)?.type === DASHBOARD_TELEOPERATOR",
    why: "it selects a registered type",
  },
  ...stepSizes("x", "y", "z"),
  "handrail.plugins": {
    file: "src/settings/named_plugins.ts",
    text: "NamedPlugins.safeParse(config).data?.handrail.plugins",
    why: "plug-ins register types, so they are loaded before the schema parses the config",
  },
};

/** The simulation's own schema checks and reads them. */
function stepSizes(...axes: readonly string[]): Readonly<Record<string, UntypedRead>> {
  const read: UntypedRead = {
    file: "src/envs/panda_pick_cube/gym_options.ts",
    text: "ee_step_size: stepSizes",
    why: "a simulation reads its options directly from the config file",
  };
  const path = "env.(gym_manipulator).processor.inverse_kinematics.end_effector_step_sizes";
  return Object.fromEntries(axes.map((axis) => [`${path}.${axis}`, read]));
}

export interface Key {
  readonly path: string;
  /** A value, as opposed to an object with its own keys. */
  readonly isLeaf: boolean;
  /** The key or one of its parents is marked as ignored. */
  readonly isKept: boolean;
  /** Only one value is valid, so that there is no choice. */
  readonly isFixed: boolean;
  /** Its place in TypeScript's types. */
  readonly place: { readonly root: string; readonly properties: readonly string[] };
}

/** Every key of the schema, for all types, parents before children. */
export function configKeys(schema: Schema = TrainRLServerPipelineConfigSchema): Key[] {
  const keys: Key[] = [];
  const visit = (part: Schema, path: string, isKept: boolean, place: Key["place"], rename: (key: string) => string) => {
    for (const { fields, type } of partsOf(part)) {
      const known = type === undefined ? undefined : CONFIG_TYPES[type];
      if (type !== undefined && known === undefined) {
        throw new Error(`CONFIG_TYPES of scripts/config_leaves.ts lacks the registered type "${type}"`);
      }
      const here = known === undefined ? place : { root: known.type, properties: [] };
      const renamed = known === undefined ? rename : (known.property ?? ((key: string) => key));
      for (const [name, field] of Object.entries(fields)) {
        const { unused = false, repeated = false } = z.globalRegistry.get(field) ?? {};
        const key: Key = {
          path: [path, type === undefined ? "" : `(${type})`, name].filter(Boolean).join("."),
          isLeaf: repeated === true || partsOf(field).length === 0,
          isKept: isKept || unused === true,
          isFixed: isFixed(field),
          place: { root: here.root, properties: [...here.properties, renamed(name)] },
        };
        keys.push(key);
        if (!key.isLeaf) visit(field, key.path, key.isKept, key.place, renamed);
      }
    }
  };
  visit(
    schema,
    "",
    false,
    { root: "src/settings/config.ts#TrainRLServerPipelineConfig", properties: [] },
    (key) => key,
  );
  return keys;
}

interface Part {
  readonly fields: Readonly<Record<string, Schema>>;
  /** Of a registry. */
  readonly type?: string;
}

function partsOf(schema: Schema): Part[] {
  return formsOf(schema).flatMap((form): Part[] => {
    const registry = registryOf(form);
    if (registry !== undefined) {
      if (registry.entries.size === 0 && registry.base !== undefined) return partsOf(registry.base);
      return [...registry.entries].flatMap(([type, each]) => partsOf(each).map((part) => ({ ...part, type })));
    }
    const fields = fieldsOf(form, {});
    return fields === undefined ? [] : [{ fields }];
  });
}

function isFixed(schema: Schema): boolean {
  const values = formsOf(schema).flatMap((form) => {
    const { def } = (form as z.core.$ZodTypes)._zod;
    return def.type === "literal" ? def.values : def.type === "null" ? [null] : [undefined, undefined];
  });
  return values.length === 1;
}

/** The keys that a run reads, and their parents. */
export function keysInUse(code: RunCode): Key[] {
  const unread: string[] = [];
  return configKeys().filter((key) => {
    const isRead = !unread.some((each) => key.path.startsWith(`${each}.`)) && code.reads(key);
    if (!isRead) unread.push(key.path);
    return isRead;
  });
}

/** Paths of settings without effect that are not marked as ignored. */
export function keysWithoutEffect(code: RunCode = new RunCode()): string[] {
  const used = new Set(keysInUse(code).map(({ path }) => path));
  const claimed = configKeys().filter(({ isLeaf, isKept, isFixed }) => isLeaf && !isKept && !isFixed);
  return claimed.map(({ path }) => path).filter((path) => !used.has(path));
}

/** The modules that runs execute, and the properties they read. */
export class RunCode {
  readonly #checker: ts.TypeChecker;
  readonly #program: ts.Program;
  /** Property accesses by name. */
  readonly #accesses = new Map<string, ts.Node[]>();
  readonly #used = new Map<ts.Node, boolean>();
  #knownFlows: readonly Flow[] | undefined;
  readonly modules: ReadonlySet<string>;

  constructor() {
    const config = ts.getParsedCommandLineOfConfigFile(
      join(ROOT, "tsconfig.json"),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic({ messageText }) {
          throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
        },
      },
    )!;
    this.#program = ts.createProgram(commandFiles(), config.options);
    this.#checker = this.#program.getTypeChecker();
    this.modules = this.#reachable();
    for (const file of this.modules) if (!onlyLooks(file)) this.#index(this.#source(file));
  }

  /** Whether a run uses the value of the key. */
  reads(key: Key): boolean {
    if (Object.hasOwn(READ_UNTYPED, key.path)) {
      const { file, text } = READ_UNTYPED[key.path]!;
      return this.modules.has(file) && readFileSync(join(ROOT, file), "utf8").includes(text);
    }
    return !key.isFixed && this.#isUsed(this.#declarationsOf(key.place));
  }

  #source(file: string): ts.SourceFile {
    return this.#program.getSourceFile(join(ROOT, file))!;
  }

  /** Executed modules, without type-only imports; threads are started by their modules' names. */
  #reachable(): ReadonlySet<string> {
    const found = new Set<string>();
    const open = commandFiles().map((file) => relative(ROOT, file));
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (found.has(file)) continue;
      found.add(file);
      for (const specifier of loadedBy(this.#source(file))) {
        const imported = relative(ROOT, resolve(ROOT, dirname(file), specifier)).replaceAll("\\", "/");
        if (this.#program.getSourceFile(join(ROOT, imported)) !== undefined) open.push(imported);
      }
    }
    return found;
  }

  #index(source: ts.SourceFile): void {
    const add = (name: string, node: ts.Node) => {
      const nodes = this.#accesses.get(name);
      if (nodes === undefined) this.#accesses.set(name, [node]);
      else nodes.push(node);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node) && !isWritten(node)) add(node.name.text, node);
      else if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)) {
        add(node.argumentExpression.text, node);
      } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && !node.dotDotDotToken) {
        const name = node.propertyName ?? node.name;
        if (ts.isIdentifier(name) || ts.isStringLiteral(name)) add(name.text, node);
      }
      if (!isCheck(node)) node.forEachChild(visit);
    };
    visit(source);
  }

  /** The property's declaration. */
  #declarationsOf(place: Key["place"]): ReadonlySet<ts.Node> {
    const property = this.#propertyAt(place);
    if (property === undefined) throw new Error(`${place.root} has no property ${place.properties.join(".")}`);
    return new Set(property.declarations);
  }

  #propertyAt({ root, properties }: Key["place"]): ts.Symbol | undefined {
    const [file, name] = root.split("#") as [string, string];
    const source = this.#source(file);
    const alias = source.statements.find(
      (each): each is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(each) && each.name.text === name,
    );
    if (alias === undefined) throw new Error(`${file} declares no type ${name}`);
    let type = this.#checker.getTypeAtLocation(alias.name);
    let symbol: ts.Symbol | undefined;
    for (const property of properties) {
      symbol = this.#checker.getNonNullableType(type).getProperty(property);
      if (symbol === undefined) return undefined;
      type = this.#checker.getTypeOfSymbol(symbol);
    }
    return symbol;
  }

  /** Whether the value of a property is used anywhere, also through the types that it is passed on as. */
  #isUsed(declarations: ReadonlySet<ts.Node>, seen: ReadonlySet<ts.Node> = new Set()): boolean {
    if (this.#accessesOf(declarations).some((access) => this.#accessIsUsed(access))) return true;
    const others = this.#passedOnAs(declarations, new Set([...seen, ...declarations]));
    return others.size > 0 && this.#isUsed(others, new Set([...seen, ...declarations]));
  }

  /** Declarations of the same property in the types that its objects are assigned to. */
  #passedOnAs(declarations: ReadonlySet<ts.Node>, seen: ReadonlySet<ts.Node>): Set<ts.Node> {
    const name = nameOf([...declarations][0]!);
    const found = new Set<ts.Node>();
    for (const { from, to } of this.#flows()) {
      if (!from.getProperty(name)?.declarations?.some((each) => declarations.has(each))) continue;
      for (const each of to.getProperty(name)?.declarations ?? []) if (!seen.has(each)) found.add(each);
    }
    return found;
  }

  /** Objects that are assigned to another type: arguments, results, assigned and assembled values. */
  #flows(): readonly Flow[] {
    if (this.#knownFlows !== undefined) return this.#knownFlows;
    const flows = new Map<string, Flow>();
    const visit = (node: ts.Node): void => {
      if (isGiven(node)) {
        const type = this.#checker.getContextualType(node);
        const from = this.#checker.getNonNullableType(this.#checker.getTypeAtLocation(node));
        const to = type && this.#checker.getNonNullableType(type);
        if (to !== undefined && to !== from) flows.set(`${idOf(from)} ${idOf(to)}`, { from, to });
      }
      node.forEachChild(visit);
    };
    for (const file of this.modules) if (!onlyLooks(file)) visit(this.#source(file));
    this.#knownFlows = [...flows.values()];
    return this.#knownFlows;
  }

  #accessesOf(declarations: ReadonlySet<ts.Node>): ts.Node[] {
    const names = new Set([...declarations].map((declaration) => nameOf(declaration)));
    return [...names].flatMap((name) =>
      (this.#accesses.get(name) ?? []).filter((access) =>
        this.#symbolOf(access)?.declarations?.some((declaration) => declarations.has(declaration)),
      ),
    );
  }

  #symbolOf(access: ts.Node): ts.Symbol | undefined {
    if (ts.isPropertyAccessExpression(access)) return this.#checker.getSymbolAtLocation(access.name);
    if (ts.isElementAccessExpression(access)) return this.#checker.getSymbolAtLocation(access.argumentExpression);
    const { parent, propertyName, name } = access as ts.BindingElement;
    const type = this.#checker.getNonNullableType(this.#checker.getTypeAtLocation(parent));
    return type.getProperty(((propertyName ?? name) as ts.Identifier | ts.StringLiteral).text);
  }

  #accessIsUsed(access: ts.Node): boolean {
    const known = this.#used.get(access);
    if (known !== undefined) return known;
    this.#used.set(access, false); // A value used only by itself is unused.
    const values = this.#valuesOf(access);
    // A destructured value is read by its parts.
    const used = values === undefined || values.some((value) => this.#valueIsUsed(value));
    this.#used.set(access, used);
    return used;
  }

  /**
   * The expressions with the value of an access: itself, or the uses of its variable; undefined if it is destructured.
   */
  #valuesOf(access: ts.Node): ts.Expression[] | undefined {
    if (ts.isBindingElement(access)) return this.#usesOfName(access.name);
    const value = outermost(access as ts.Expression);
    const { parent } = value;
    if (ts.isVariableDeclaration(parent) && parent.initializer === value) return this.#usesOfName(parent.name);
    return [value];
  }

  #usesOfName(name: ts.BindingName): ts.Expression[] | undefined {
    if (!ts.isIdentifier(name)) return undefined;
    const variable = this.#checker.getSymbolAtLocation(name);
    const uses: ts.Expression[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && node !== name && node.text === name.text && this.#variableOf(node) === variable) {
        uses.push(outermost(node));
      }
      node.forEachChild(visit);
    };
    visit(name.getSourceFile());
    return uses;
  }

  #variableOf(identifier: ts.Identifier): ts.Symbol | undefined {
    return ts.isShorthandPropertyAssignment(identifier.parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(identifier.parent)
      : this.#checker.getSymbolAtLocation(identifier);
  }

  /** A value put into an object is used if that property is read. */
  #valueIsUsed(value: ts.Expression): boolean {
    const { parent } = value;
    const isPut =
      (ts.isPropertyAssignment(parent) && parent.initializer === value) || ts.isShorthandPropertyAssignment(parent);
    if (!isPut) return true;
    const type = this.#checker.getContextualType(parent.parent);
    const name = nameOf(parent);
    const target = type && this.#checker.getNonNullableType(type).getProperty(name);
    const declarations = new Set<ts.Node>([parent, ...(target?.declarations ?? [])]);
    const isOurs = [...declarations].every((declaration) => this.modules.has(this.#pathOf(declaration)));
    const isKnown = target !== undefined || type === undefined;
    return !isOurs || !isKnown || this.#isUsed(declarations);
  }

  #pathOf(node: ts.Node): string {
    return relative(ROOT, node.getSourceFile().fileName).replaceAll("\\", "/");
  }
}

interface Flow {
  readonly from: ts.Type;
  readonly to: ts.Type;
}

function idOf(type: ts.Type): number {
  return (type as ts.Type & { readonly id: number }).id;
}

function onlyLooks(file: string): boolean {
  return ONLY_LOOKS.some((each) => each.test(file));
}

/** Places where an object gets another type. */
function isGiven(node: ts.Node): node is ts.Expression {
  const { parent } = node;
  if (parent === undefined || !ts.isExpression(node)) return false;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.arguments?.includes(node) ?? false;
  if (ts.isVariableDeclaration(parent)) return parent.initializer === node && parent.type !== undefined;
  if (ts.isBinaryExpression(parent)) {
    return parent.right === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  }
  if (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === node;
  return ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === node);
}

/** Code that validates settings or gives advice: its reads have no effect. */
function isCheck(node: ts.Node): boolean {
  if (ts.isFunctionDeclaration(node) && node.type !== undefined)
    return /\b\w*(Advice|Finding)\b/.test(node.type.getText());
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    /^(superRefine|refine|transform)$/.test(node.expression.name.text) &&
    node.arguments.some(ts.isArrowFunction) &&
    !ts.isIdentifier(node.expression.expression)
  );
}

function commandFiles(): string[] {
  const commands = COMMANDS.map((name) => join(ROOT, "src/cli/commands", `${name}.ts`)).filter((file) =>
    existsSync(file),
  );
  const threads = ts.sys.readDirectory(join(ROOT, "src"), [".ts"]).filter((file) => file.endsWith(".worker.ts"));
  return [...commands, ...threads];
}

function nameOf(declaration: ts.Node): string {
  const { name } = declaration as ts.NamedDeclaration;
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : "";
}

function isWritten(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

/** The expression around `value` that still has its value. */
function outermost(value: ts.Expression): ts.Expression {
  const { parent } = value;
  const isAround =
    ts.isParenthesizedExpression(parent) ||
    ts.isAsExpression(parent) ||
    ts.isNonNullExpression(parent) ||
    ts.isSatisfiesExpression(parent) ||
    (ts.isConditionalExpression(parent) && parent.condition !== value) ||
    (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken);
  return isAround ? outermost(parent as ts.Expression) : value;
}

function loadedBy(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && !isOfTypes(node.importClause)) add(node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && !node.isTypeOnly && node.moduleSpecifier) add(node.moduleSpecifier);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]!);
    node.forEachChild(visit);
  };
  const add = (specifier: ts.Expression) => {
    if (ts.isStringLiteral(specifier) && specifier.text.startsWith(".")) found.push(specifier.text);
  };
  visit(source);
  return found;
}

function isOfTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  const { namedBindings, name, isTypeOnly } = clause;
  if (isTypeOnly) return true;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

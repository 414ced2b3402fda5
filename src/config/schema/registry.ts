/**
 * Configs selected by their `type`: policies, algorithms, robots, environments. (Processor steps are selected by their
 * `registry_name`, as in LeRobot's files.) A registry holds the schema of every type, presets (a type with some values
 * set), and types of other versions. Types can be registered at any time (plug-ins), so the schema looks them up when it
 * parses.
 */
import { z } from "zod";
import { didYouMean } from "../../utils/text/nearest.ts";
import { isPlainObject } from "../path.ts";

export interface TypedConfig {
  readonly type: string;
}

type PartialConfig = Readonly<Record<string, unknown>>;

export interface TypeRegistryOptions {
  /** The key that names the type. Default: `type`. */
  readonly key?: string;
  /** Keys of every type's config: shown by reference pages and JSON Schema while no type is registered. */
  readonly base?: z.ZodObject;
}

/** The registry behind a schema: for error messages, JSON Schema and reference pages. */
const REGISTRIES = new WeakMap<z.core.$ZodType, TypeRegistry<TypedConfig>>();

/** The registry whose {@link TypeRegistry.schema} this is, also after `.describe(…)`, which makes a copy. */
export function registryOf(schema: z.core.$ZodType): TypeRegistry<TypedConfig> | undefined {
  const parent = schema._zod.parent;
  return REGISTRIES.get(schema) ?? (parent && registryOf(parent));
}

export class TypeRegistry<Config extends object = TypedConfig> {
  /** Kind of the types, as in "unknown policy type". */
  readonly kind: string;
  /** The key that names the type. */
  readonly key: string;
  readonly base: z.ZodObject | undefined;
  /** Parses any registered type; usable as a field of another schema. */
  readonly schema: z.ZodType<Config>;
  readonly #schemas = new Map<string, z.ZodType<Config>>();
  readonly #presets = new Map<string, PartialConfig & TypedConfig>();
  readonly #retired = new Map<string, string>();

  constructor(kind: string, { key = "type", base }: TypeRegistryOptions = {}) {
    this.kind = kind;
    this.key = key;
    this.base = base;
    this.schema = z.unknown().transform((input, context) => this.#parse(input, context));
    REGISTRIES.set(this.schema, this as unknown as TypeRegistry<TypedConfig>);
  }

  /**
   * Adds a type. The schema should be strict and hold `type: z.literal(type)`, or the registry's own key in its place.
   *
   * @throws Error if the name is taken: plug-ins must not silently replace each other.
   */
  register(type: string, schema: z.ZodType<Config>): this {
    if (this.#schemas.has(type) || this.#presets.has(type)) {
      throw new Error(`the ${this.#noun} "${type}" is already registered`);
    }
    this.#schemas.set(type, schema);
    return this;
  }

  /** Adds a preset: a `type` name that expands to `values.type` with `values` set; a config's own values win. */
  registerPreset(name: string, values: PartialConfig & TypedConfig): this {
    if (this.#schemas.has(name) || this.#presets.has(name)) {
      throw new Error(`the ${this.#noun} "${name}" is already registered`);
    }
    this.#presets.set(name, values);
    return this;
  }

  /** Marks a type of other versions as retired. `advice` replaces "unknown type" in the error. */
  retire(type: string, advice: string): this {
    this.#retired.set(type, advice);
    return this;
  }

  /** Advice for a retired type. */
  retired(type: string): string | undefined {
    return this.#retired.get(type);
  }

  /** Every name that may be written as a `type`, presets included, in registration order. */
  get types(): readonly string[] {
    return [...this.#schemas.keys(), ...this.#presets.keys()];
  }

  /** The registered types with their schemas, presets excluded. */
  get entries(): ReadonlyMap<string, z.ZodType<Config>> {
    return this.#schemas;
  }

  /** Presets by name. */
  get presets(): ReadonlyMap<string, PartialConfig & TypedConfig> {
    return this.#presets;
  }

  /** The schema of a type, or of a preset's type. */
  find(type: string): z.ZodType<Config> | undefined {
    return this.#schemas.get(this.#presets.get(type)?.type ?? type);
  }

  #parse(input: unknown, context: z.RefinementCtx): Config {
    const config = this.#expand(input);
    const type = isPlainObject(config) ? config[this.key] : undefined;
    const schema = typeof type === "string" ? this.#schemas.get(type) : undefined;
    if (schema === undefined) {
      const path = isPlainObject(input) ? [this.key] : [];
      context.addIssue({ code: "custom", message: this.#explain(input, type), path });
      return z.NEVER;
    }
    const result = schema.safeParse(config);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.addIssue({ ...issue } as Parameters<typeof context.addIssue>[0]);
    return z.NEVER;
  }

  #expand(input: unknown): unknown {
    if (!isPlainObject(input) || typeof input.type !== "string") return input;
    const preset = this.#presets.get(input.type);
    return preset === undefined ? input : merge(preset, { ...input, type: preset.type });
  }

  #explain(input: unknown, type: unknown): string {
    const names = this.types.map((name) => `"${name}"`).join(", ");
    const known = names === "" ? "what a plug-in registers" : `one of ${names}`;
    if (input === undefined) return `is required: an object with a "${this.key}" (${known})`;
    if (!isPlainObject(input)) {
      return `must be an object with a "${this.key}" (${known}), got ${JSON.stringify(input)}`;
    }
    if (type === undefined) return `is required: which ${this.kind}? ${known[0]!.toUpperCase()}${known.slice(1)}`;
    if (typeof type !== "string") return `must be a string, got ${JSON.stringify(type)}`;
    const advice = this.retired(type);
    if (advice !== undefined) return advice;
    const choice = names === "" ? "No plug-in has registered any" : `Known: ${names}`;
    return `unknown ${this.#noun} "${type}".${didYouMean(type, this.types)} ${choice}`;
  }

  get #noun(): string {
    return this.key === "type" ? `${this.kind} type` : this.kind;
  }
}

/** `over` on top of `base`: objects are merged, anything else is replaced. */
function merge(base: PartialConfig, over: PartialConfig): PartialConfig {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const under = merged[key];
    merged[key] = isPlainObject(under) && isPlainObject(value) ? merge(under, value) : value;
  }
  return merged;
}

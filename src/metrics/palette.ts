/**
 * Colours with a fixed meaning on the dashboard and in plots. Each has a contrast of at least 4.5 : 1 on its surface, so it
 * may also colour text. Pure; pages import it.
 */
export const ROLES = ["policy", "helper", "person", "failure", "machine"] as const;
/**
 * `policy`: the policy's own actions and results. `helper`: a scripted operator. `person`: a person, and controls for a
 * person. `failure`: failures and the emergency stop, nothing else. `machine`: everything without a side.
 */
export type Role = (typeof ROLES)[number];
export type Palette = Readonly<Record<Role, string>>;

export const PALETTES: Readonly<Record<"light" | "dark", Palette>> = {
  light: { policy: "#0b7a4b", helper: "#a85500", person: "#2450c4", failure: "#c21f30", machine: "#4b5668" },
  dark: { policy: "#4cd197", helper: "#f2ab48", person: "#92adff", failure: "#ff858c", machine: "#a6b1c2" },
};

/** Background colours of the surfaces. */
export const SURFACES = { light: "#ffffff", dark: "#171b22" } as const;

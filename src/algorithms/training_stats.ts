/** Statistics of one update. */

export class TrainingStats {
  /** Mean losses over the last batch each network saw. */
  readonly losses: Readonly<Record<string, number>>;
  /** Global gradient norms before clipping, per network. */
  readonly gradNorms: Readonly<Record<string, number>>;
  /** Other metrics: temperature, mean values. */
  readonly extra: Readonly<Record<string, number>>;

  constructor(parts: Partial<Pick<TrainingStats, "losses" | "gradNorms" | "extra">>) {
    this.losses = parts.losses ?? {};
    this.gradNorms = parts.gradNorms ?? {};
    this.extra = parts.extra ?? {};
  }

  /** Flat names as LeRobot logs them: losses and extras unchanged, norms as `<network>_grad_norm`. */
  toLogDict(): Record<string, number> {
    const norms = Object.entries(this.gradNorms).map(([network, norm]) => [`${network}_grad_norm`, norm]);
    return { ...this.losses, ...Object.fromEntries(norms), ...this.extra };
  }
}

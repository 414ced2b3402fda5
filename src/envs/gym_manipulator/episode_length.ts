/** Control steps of the longest episode; at least one. */
export function maxEpisodeSteps(fps: number, controlTimeS: number): number {
  return Math.max(1, Math.round(fps * controlTimeS));
}

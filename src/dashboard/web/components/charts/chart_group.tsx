/** Charts that belong together, under a heading. */
import type { ComponentChildren } from "preact";

export function ChartGroup({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="chart-group" aria-label={title}>
      <h2>{title}</h2>
      <div class="charts">{children}</div>
    </section>
  );
}

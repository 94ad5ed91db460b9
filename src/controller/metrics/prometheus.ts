import { deployBounds, type Metric } from "./metrics.ts";

/** What `/metrics` is. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/** Measures in Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats). */
export function prometheusText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap((metric) => {
    const { name, help, type } = metric;
    const head = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    if (metric.type !== "histogram")
      return [...head, ...metric.points.map(({ labels, value }) => `${name}${labelled(labels)} ${value}`)];
    let sum = 0;
    const buckets = metric.counts.map((count, at) => {
      sum += count;
      return `${name}_bucket{le="${deployBounds[at] ?? "+Inf"}"} ${sum}`;
    });
    return [...head, ...buckets, `${name}_sum ${metric.sum}`, `${name}_count ${sum}`];
  });
  return `${lines.join("\n")}\n`;
}

/** Values are words of Netwright's own, in which nothing has to be escaped. */
function labelled(labels: Readonly<Record<string, string>>): string {
  const words = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return words.length === 0 ? "" : `{${words.join(",")}}`;
}

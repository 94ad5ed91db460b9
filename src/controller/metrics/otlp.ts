import { deployBounds, type Metric } from "./metrics.ts";

export type OtlpSettings = {
  /** Where measures are sent: `https://collector.example.org/v1/metrics`. */
  readonly url: string;
  readonly token?: string;
  readonly everyMs: number;
};

const answerMs = 10_000;
/** AggregationTemporality: since the start, and not since the last time. */
const cumulative = 2;

/** Measures as OTLP/HTTP has them in JSON (opentelemetry.io/docs/specs/otlp): 64-bit integers are text. */
export function otlpBody(
  metrics: readonly Metric[],
  times: { readonly startedAt: number; readonly now: number },
): object {
  const nano = (ms: number) => `${ms}000000`;
  const time = { startTimeUnixNano: nano(times.startedAt), timeUnixNano: nano(times.now) };
  const attributes = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const told = metrics.map((metric) => {
    const { name, help: description } = metric;
    if (metric.type === "histogram") {
      const point = {
        ...time,
        count: String(metric.counts.reduce((sum, count) => sum + count, 0)),
        sum: metric.sum,
        bucketCounts: metric.counts.map(String),
        explicitBounds: deployBounds,
      };
      const { unit } = metric;
      return { name, description, unit, histogram: { aggregationTemporality: cumulative, dataPoints: [point] } };
    }
    const dataPoints = metric.points.map(({ labels, value }) => ({
      ...time,
      attributes: attributes(labels),
      asInt: String(value),
    }));
    return metric.type === "gauge"
      ? { name, description, gauge: { dataPoints } }
      : { name, description, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } };
  });
  const resource = { attributes: attributes({ "service.name": "netwright" }) };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: "netwright" }, metrics: told }] }] };
}

/**
 * Sends measures again and again, until it is closed. A sink that is gone is told of once.
 *
 * @param body of the next request
 */
export class OtlpSender implements Disposable {
  readonly #settings: OtlpSettings;
  readonly #body: () => Promise<object>;
  readonly #onFault: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> | undefined;
  #isGone = false;

  constructor(settings: OtlpSettings, body: () => Promise<object>, onFault: (error: unknown) => void) {
    this.#settings = settings;
    this.#body = body;
    this.#onFault = onFault;
    this.#timer = setInterval(() => {
      this.#sending ??= this.#send().finally(() => {
        this.#sending = undefined;
      });
    }, settings.everyMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #send(): Promise<void> {
    const { url, token } = this.#settings;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(await this.#body()),
        redirect: "error",
        signal: AbortSignal.timeout(answerMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${url} answers with status ${response.status}`);
      this.#isGone = false;
    } catch (error) {
      if (!this.#isGone) this.#onFault(error);
      this.#isGone = true;
    }
  }
}

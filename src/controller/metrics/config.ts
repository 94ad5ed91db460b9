import * as z from "zod";
import type { OtlpSettings } from "./otlp.ts";

/** `metrics:` of the server's configuration: nothing is counted for anybody when it is absent. */
export const metricsSettings = z
  .strictObject({
    /** Who has what is in this file may read /metrics. */
    "token-file": z.string().optional(),
    /** Where measures are sent by OTLP/HTTP, as JSON. */
    otlp: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        "token-file": z.string().optional(),
        "every-seconds": z.number().min(1).max(86_400).default(60),
      })
      .refine(
        ({ url, "token-file": token }) =>
          token === undefined ||
          url.startsWith("https:") ||
          ["127.0.0.1", "[::1]", "localhost"].includes(new URL(url).hostname),
        { message: "a token is sent there, so it must be https://" },
      )
      .optional(),
  })
  .refine((settings) => settings["token-file"] !== undefined || settings.otlp !== undefined, {
    message: "say where measures go: token-file, for who may read /metrics, or otlp",
  });

export type MetricsSettings = { readonly token?: string; readonly otlp?: OtlpSettings };

/** @param read the text of a file with a secret */
export function metricsOf(data: z.output<typeof metricsSettings>, read: (path: string) => string): MetricsSettings {
  const { otlp } = data;
  return {
    ...(data["token-file"] === undefined ? {} : { token: read(data["token-file"]) }),
    ...(otlp === undefined
      ? {}
      : {
          otlp: {
            url: otlp.url,
            everyMs: otlp["every-seconds"] * 1000,
            ...(otlp["token-file"] === undefined ? {} : { token: read(otlp["token-file"]) }),
          },
        }),
  };
}

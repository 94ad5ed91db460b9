import { Controller, type ControllerOptions } from "../../src/controller/controller.ts";

/** What every server of the tests is given, but for what one is about. */
export const onLoopback = {
  trust: "team",
  listen: { host: "127.0.0.1", port: 0 },
  behindProxy: false,
  proxies: [],
  version: "0.0.0",
} as const satisfies Partial<ControllerOptions>;

/** A server in this process. */
export async function serve(
  options: Pick<ControllerOptions, "database" | "agent"> & Partial<ControllerOptions>,
  administrator = { name: "root", password: "root's password" },
): Promise<Controller> {
  const controller = await Controller.start({
    ...onLoopback,
    onFault: (error, request) => process.stderr.write(`${request}: ${String(error)}\n`),
    ...options,
  });
  await controller.ensureAdministrator(administrator.name, administrator.password);
  return controller;
}

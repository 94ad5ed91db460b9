/** Settings that `no` in front of takes back, and that end no adjacency of another interface. */
const ospfSetting =
  /^(?:ip ospf|ipv6 ospf6) (?:area|network|hello-interval|dead-interval|passive|cost|priority|mtu-ignore)\b/;

export const isOspfSetting = (line: string): boolean => ospfSetting.test(line);

/**
 * What an interface is told so that its settings become `after`: all its statements again in their order, because the
 * last one wins.
 *
 * @see https://docs.frrouting.org/en/latest/ospfd.html#ospf-interfaces
 */
export function ospfCommands(name: string, before: readonly string[], after: readonly string[]): string {
  const lost = new Set(before.filter((line) => !after.includes(line)));
  const lines = [...[...lost].map((line) => `no ${line}`), ...after];
  return [`interface ${name}`, ...lines.map((line) => ` ${line}`), "!", ""].join("\n");
}

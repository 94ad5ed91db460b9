"""A program for a node, on plain sockets: python3 peer.py ROLE ...; prints what it finds as JSON."""
import hashlib
import json
import socket
import sys

SOL_UDP, UDP_SEGMENT = 17, 103


def tcp_sink(port, ipv6=0):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) if ipv6 else socket.create_server(("", port))
    listener.settimeout(60)
    print("ready", flush=True)
    connection, _ = listener.accept()
    connection.settimeout(60)
    digest, total = hashlib.sha256(), 0
    while data := connection.recv(1 << 20):
        digest.update(data)
        total += len(data)
    print(json.dumps({"bytes": total, "sha256": digest.hexdigest()}))


def tcp_source(host, port, total):
    # Repeats after 257 * 1021 bytes, which is no multiple of any segment's size.
    block = bytes((index * 31 + index // 257) & 0xFF for index in range(257 * 1021))
    data = (block * (total // len(block) + 1))[:total]
    with socket.create_connection((host, port), timeout=60) as connection:
        connection.sendall(data)
    print(json.dumps({"bytes": total, "sha256": hashlib.sha256(data).hexdigest()}))


def udp_sink(port, count):
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.settimeout(20)
    sink.bind(("", port))
    print("ready", flush=True)
    print(json.dumps([sink.recv(65536).hex() for _ in range(count)]))


def udp_gso_source(host, port, total, segment):
    source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    source.setsockopt(SOL_UDP, UDP_SEGMENT, segment)
    data = bytes((index * 7 + index // 256) & 0xFF for index in range(total))
    source.sendto(data, (host, port))
    print(json.dumps([data[at : at + segment].hex() for at in range(0, total, segment)]))


roles = {"tcp-sink": tcp_sink, "tcp-source": tcp_source, "udp-sink": udp_sink, "udp-gso-source": udp_gso_source}
parameters = [int(one) if one.isdigit() else one for one in sys.argv[2:]]
roles[sys.argv[1]](*parameters)

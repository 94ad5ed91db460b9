"""A controller that makes a hub of each switch: it has every packet sent to it, and floods it.

OpenFlow Switch Specification 1.0.0: messages of sections 5.1, 5.2.3, 5.3.1, 5.3.3, 5.3.6 and 5.4.1.
"""

import socket
import struct

HELLO, ECHO_REQUEST, ECHO_REPLY, FEATURES_REQUEST, FEATURES_REPLY = 0, 2, 3, 5, 6
PACKET_IN, PACKET_OUT, FLOW_MOD = 10, 13, 14
FLOOD, CONTROLLER, NO_PORT, NO_BUFFER = 0xFFFB, 0xFFFD, 0xFFFF, 0xFFFFFFFF
EVERYTHING = struct.pack("!I36x", (1 << 22) - 1)


def message(kind, xid, body=b""):
    return struct.pack("!BBHI", 1, kind, 8 + len(body), xid) + body


def exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def output(port):
    return struct.pack("!HHHH", 0, 8, port, 0xFFFF)


def serve(connection):
    connection.sendall(message(HELLO, 0) + message(FEATURES_REQUEST, 1))
    while True:
        _, kind, length, xid = struct.unpack("!BBHI", exactly(connection, 8))
        body = exactly(connection, length - 8)
        if kind == ECHO_REQUEST:
            connection.sendall(message(ECHO_REPLY, xid, body))
        elif kind == FEATURES_REPLY:
            print("switch %016x" % struct.unpack("!Q", body[:8]), flush=True)
            # Cookie, add, no timeouts, priority 0.
            flow = struct.pack("!QHHHHIHH", 0, 0, 0, 0, 0, NO_BUFFER, NO_PORT, 0)
            connection.sendall(message(FLOW_MOD, 2, EVERYTHING + flow + output(CONTROLLER)))
        elif kind == PACKET_IN:
            buffer_id, _, in_port = struct.unpack("!IHH", body[:8])
            data = b"" if buffer_id != NO_BUFFER else body[10:]
            actions = output(FLOOD)
            head = struct.pack("!IHH", buffer_id, in_port, len(actions))
            connection.sendall(message(PACKET_OUT, xid, head + actions + data))


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 6653))
server.listen()
while True:
    connection, _ = server.accept()
    try:
        serve(connection)
    except (EOFError, ConnectionError):
        connection.close()

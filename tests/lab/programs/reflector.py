"""Tells who asks from where it saw the question; "other": answers from another port first."""
import select
import socket

sockets = {}
for port in (443, 7000):
    sockets[port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sockets[port].bind(("", port))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind(("", 7001))
while True:
    for one in select.select(list(sockets.values()), [], [])[0]:
        question, peer = one.recvfrom(100)
        if question == b"other":
            other.sendto(b"other", peer)
        one.sendto(f"{peer[0]} {peer[1]}".encode(), peer)

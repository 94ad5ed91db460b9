"""Asks reflectors from one port what they see, and says what came: asker.py PORT SERVER..."""
import socket
import sys

port, *servers = sys.argv[1:]
family = socket.AF_INET6 if ":" in servers[0] else socket.AF_INET
asker = socket.socket(family, socket.SOCK_DGRAM)
asker.bind(("", 5000))
asker.settimeout(1)


def ask(question, server):
    """The answers until the one that comes last; asked again until it comes."""
    for _ in range(20):
        asker.sendto(question, (server, int(port)))
        answers = []
        try:
            while not answers or answers[-1] == "other":
                answers.append(asker.recv(100).decode())
            return answers
        except OSError:
            continue
    return ["nothing"]


for server in servers:
    print(ask(b"where", server)[-1])
print("other" if "other" in ask(b"other", servers[0]) else "only who was asked")

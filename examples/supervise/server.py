"""Answers a number of requests, then ends: server.py PORT REQUESTS"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"hello {self.client_address[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("", int(sys.argv[1])), Hello)
for _ in range(int(sys.argv[2])):
    server.handle_request()

"""Debian's Keystone with a database of its own, on loopback, for as long as its standard input is open.

Argument: an empty folder. Prints the port. The administrator is admin, with the password "admin's password".
"""

import base64
import os
import sys
import threading
import wsgiref.simple_server

folder = sys.argv[1]
configuration = f"{folder}/keystone.conf"
for keys in ("fernet", "credential"):
    os.mkdir(f"{folder}/{keys}", 0o700)
    # What keystone-manage fernet_setup writes: one key that is in use, and the next one.
    for name in ("0", "1"):
        with open(f"{folder}/{keys}/{name}", "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(32)))
with open(configuration, "w") as file:
    file.write(f"""
[DEFAULT]
log_file = {folder}/keystone.log
debug = true
[database]
connection = sqlite:///{folder}/keystone.db
[fernet_tokens]
key_repository = {folder}/fernet
[fernet_receipts]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[cache]
enabled = false
[identity]
password_hash_rounds = 4
""")
os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
sys.argv[1:] = []

from keystone.server.wsgi import initialize_public_application  # noqa: E402

application = initialize_public_application()

from keystone.cmd import bootstrap  # noqa: E402
from keystone.common.sql import upgrades  # noqa: E402

upgrades.offline_sync_database_to_version()
# The application has them already, and they are loaded once.
bootstrap.backends.load_backends = lambda: None
first = bootstrap.Bootstrapper()
first.admin_username, first.admin_password = "admin", "admin's password"
first.project_name, first.admin_role_name = "admin", "admin"
first.service_name, first.region_id, first.immutable_roles = "keystone", None, True
first.public_url = first.admin_url = first.internal_url = None
first.bootstrap()


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)

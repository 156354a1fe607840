"""An OpenID Connect issuer over TLS, on an address of its own: oidc-provider-mock, a real provider program."""
import contextlib
import json
import logging
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import warnings

# The issuer says on its own line what a service asks of it; it speaks http behind the TLS of its server.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib.deprecate  # noqa: E402

# What its own parts will be replaced by is the provider's business.
warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)

import oidc_provider_mock  # noqa: E402
import uvicorn  # noqa: E402

NAME = "Example Login"


@contextlib.contextmanager
def running(people):
    """The file that names it to onboarding, for as long as the block runs. `people` are e-mail addresses by what the issuer calls
    their owners."""
    logging.getLogger("oidc_provider_mock").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        certificate = pathlib.Path(folder) / "server"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{certificate}.key",
             "-out", f"{certificate}.crt"], check=True, capture_output=True)
        known = [oidc_provider_mock.User(sub=name, claims={"email": email, "email_verified": True}) for name, email in people.items()]
        server = uvicorn.Server(uvicorn.Config(
            oidc_provider_mock.app(user_claims=known), interface="wsgi", host="127.0.0.1", port=0, log_level="error",
            ssl_certfile=f"{certificate}.crt", ssl_keyfile=f"{certificate}.key"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            if time.monotonic() > deadline:
                raise SystemExit("the issuer does not listen")
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        secret, file = pathlib.Path(folder) / "secret", pathlib.Path(folder) / "issuers.json"
        # It lets no client in that has none.
        secret.write_text("secret of the client")
        file.write_text(json.dumps([{
            "issuer": f"https://localhost:{port}", "name": NAME, "client_id": "ale", "client_secret_file": str(secret),
            "ca_file": f"{certificate}.crt"}]))
        try:
            yield file
        finally:
            server.should_exit = True
            thread.join(10)

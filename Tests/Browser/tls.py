"""A workspace behind a server that ends TLS, as an operator has it: a small proxy and a workspace of its own beside the stack's."""
import contextlib
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request


def free_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return taken.getsockname()[1]


def pump(source, target):
    """Hands on what comes until there is no more, which ends both directions."""
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    for line in (source, target):
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
            line.close()


def serve(listener, context, port):
    """Ends TLS, one thread for each direction."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError):
            line = context.wrap_socket(plain, server_side=True)
            behind = socket.create_connection(("127.0.0.1", port))
            for pair in ((line, behind), (behind, line)):
                threading.Thread(target=pump, args=pair, daemon=True).start()


@contextlib.contextmanager
def in_front(stack):
    """The https address of a workspace for as long as the block runs."""
    port, outside = free_port(), free_port()
    address = f"https://127.0.0.1:{outside}"
    settings = {
        **os.environ, **stack.settings("workspace"), "ALE_WORKSPACE_PORT": str(port), "ALE_WORKSPACE_URL": address,
        "ALE_READY_FILE": str(stack.local / "run/tls.ready")}
    with contextlib.ExitStack() as left, tempfile.TemporaryDirectory() as folder:
        certificate = f"{folder}/server"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
             "-subj", "/CN=127.0.0.1", "-keyout", f"{certificate}.key", "-out", f"{certificate}.crt"],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
        listener = left.enter_context(socket.create_server(("127.0.0.1", outside)))
        threading.Thread(target=serve, args=(listener, context, port), daemon=True).start()
        log = left.enter_context((stack.local / "log/tls.log").open("w"))
        program = subprocess.Popen([stack.programs / "workspace", "serve"], env=settings, stdout=log, stderr=log)
        left.callback(program.wait, 20)
        left.callback(program.terminate)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
                break
            time.sleep(0.1)
        yield address

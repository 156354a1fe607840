#!/usr/bin/env python3
"""A small SMTP server for trying things out: writes each mail as an .eml file into a folder and sends nothing on.

It listens on 127.0.0.1 only, unless told otherwise, speaks plain SMTP without TLS or log-in, and refuses recipients whose
local part begins with "bounce-" (550) or "busy-" (451), so that the failure of a delivery can be tried by hand too.
"""

import argparse
import os
import signal
import socketserver
import sys
import threading
import time

LINE_LIMIT = 8 * 1024
MAIL_LIMIT = 32 * 1024 * 1024
RECIPIENT_LIMIT = 200


class Conversation(socketserver.StreamRequestHandler):
    timeout = 300

    def handle(self):
        try:
            self.converse()
        except (OSError, ValueError):
            pass  # The other side is gone, or sent a line without end.

    def line(self):
        data = self.rfile.readline(LINE_LIMIT + 1)
        if len(data) > LINE_LIMIT:
            raise ValueError("line too long")
        return data

    def say(self, text):
        self.wfile.write(text.encode("ascii") + b"\r\n")

    @staticmethod
    def address(command):
        start, end = command.find("<"), command.rfind(">")
        return command[start + 1:end] if 0 <= start < end else ""

    def converse(self):
        self.say("220 smtp-catcher ready")
        sender, recipients = None, []
        while True:
            raw = self.line()
            if not raw:
                return
            command = raw.decode("utf-8", "replace").strip()
            verb = command[:4].upper()
            if verb == "EHLO":
                self.say("250-smtp-catcher")
                self.say("250-8BITMIME")
                self.say("250 SMTPUTF8")
            elif verb in ("HELO", "NOOP"):
                self.say("250 ok")
            elif verb == "RSET":
                sender, recipients = None, []
                self.say("250 ok")
            elif verb == "MAIL":
                sender, recipients = self.address(command), []
                self.say("250 ok")
            elif verb == "RCPT":
                address = self.address(command)
                if sender is None:
                    self.say("503 MAIL first")
                elif len(recipients) >= RECIPIENT_LIMIT:
                    self.say("452 too many recipients")
                elif address.startswith("bounce-"):
                    self.say("550 no such mailbox")
                elif address.startswith("busy-"):
                    self.say("451 try again later")
                else:
                    recipients.append(address)
                    self.say("250 ok")
            elif verb == "DATA":
                if not recipients:
                    self.say("503 no recipients")
                    continue
                self.say("354 end with a line of one dot")
                data = self.body()
                if data is None:
                    self.say("552 mail too large")
                    return
                name = self.server.keep(sender, recipients, data)
                sender, recipients = None, []
                self.say("250 kept as " + name)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("502 not known")

    def body(self):
        lines, size = [], 0
        while True:
            line = self.line()
            if not line:
                raise ValueError("connection ended inside a mail")
            if line in (b".\r\n", b".\n"):
                return b"".join(lines)
            if line.startswith(b"."):
                line = line[1:]
            size += len(line)
            if size > MAIL_LIMIT:
                return None
            lines.append(line)


class Catcher(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, directory):
        super().__init__(address, Conversation)
        self.directory = directory
        self.lock = threading.Lock()
        self.count = 0

    def keep(self, sender, recipients, data):
        """Writes a mail under a name that sorts by time; whole or not at all."""
        with self.lock:
            self.count += 1
            name = "%s-%05d.eml" % (time.strftime("%Y%m%dT%H%M%S", time.gmtime()), self.count)
            path = os.path.join(self.directory, name)
            envelope = "X-Envelope-From: <%s>\r\nX-Envelope-To: %s\r\n" % (
                sender, ", ".join("<%s>" % r for r in recipients))
            with open(path + ".part", "wb") as file:
                file.write(envelope.encode("utf-8", "replace") + data)
            os.replace(path + ".part", path)
            return name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 for a free one (default)")
    parser.add_argument("--directory", required=True, help="folder for the .eml files; made when absent")
    parser.add_argument("--port-file", help="file to write the port to, once connections are accepted")
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    with Catcher((options.host, options.port), options.directory) as server:
        port = server.server_address[1]
        if options.port_file:
            with open(options.port_file + ".part", "w", encoding="ascii") as file:
                file.write("%d\n" % port)
            os.replace(options.port_file + ".part", options.port_file)
        print("smtp-catcher: %s:%d, mails in %s" % (options.host, port, options.directory), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())

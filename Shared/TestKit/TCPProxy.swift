import Foundation
import Glibc
import Synchronization

/// A way to a server of 127.0.0.1 that a test can cut without a word, as a firewall that forgets a connection does: what
/// is sent is swallowed, and nobody is told. Connections made later go through.
public final class TCPProxy: Sendable {
    /// The port of 127.0.0.1 to connect to.
    public let port: UInt16

    private let target: UInt16
    private let listener: Int32
    /// Connections with a lower number are cut.
    private let cutBelow = Atomic<Int>(0)
    private let accepted = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    /// Listens on a free port and passes on to `target`.
    public init(to target: UInt16) throws {
        self.target = target
        listener = Self.socket()
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw ChildProcess.StartError(description: "proxy: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    /// Cuts every connection there is, without a word to either side.
    public func cut() {
        cutBelow.store(accepted.load(ordering: .sequentiallyConsistent), ordering: .sequentiallyConsistent)
    }

    /// Takes no more connections and ends those there are.
    public func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A TCP socket that no child process inherits.
    private static func socket() -> Int32 {
        Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    private func accept() {
        defer { Glibc.close(listener) }
        while !isClosed.load(ordering: .sequentiallyConsistent) {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { continue }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let number = accepted.add(1, ordering: .sequentiallyConsistent).oldValue
            Thread.detachNewThread { [self] in pass(client, number) }
        }
    }

    private func pass(_ client: Int32, _ number: Int) {
        let server = Self.socket()
        defer {
            Glibc.close(client)
            Glibc.close(server)
        }
        var address = Self.address(target)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1_024, alignment: 16)
        defer { buffer.deallocate() }
        while !isClosed.load(ordering: .sequentiallyConsistent) {
            if number < cutBelow.load(ordering: .sequentiallyConsistent) {
                usleep(20_000)
                continue
            }
            var entries = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, 2, 20) > 0, number >= cutBelow.load(ordering: .sequentiallyConsistent) else {
                continue
            }
            for (from, to) in [(0, server), (1, client)] where entries[from].revents != 0 {
                let count = recv(entries[from].fd, buffer.baseAddress, buffer.count, 0)
                guard count > 0, Self.send(buffer, count, to) else { return }
            }
        }
    }

    private static func send(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int, _ socket: Int32) -> Bool {
        var sent = 0
        while sent < count {
            let written = Glibc.send(
                socket, buffer.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            guard written > 0 else { return false }
            sent += written
        }
        return true
    }
}

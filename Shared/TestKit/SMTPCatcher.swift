import Foundation
import Synchronization

/// A small real SMTP server for tests: on 127.0.0.1, on a free port, on threads of its own. It keeps every mail in memory
/// and refuses what it is told to refuse.
public final class SMTPCatcher: Sendable {
    /// A mail as it came in.
    public struct Mail: Sendable, Hashable {
        /// Envelope sender.
        public let sender: String
        /// Envelope recipients that were accepted, in order.
        public let recipients: [String]
        /// Headers and bodies, with CRLF line ends, dots unstuffed.
        public let data: [UInt8]
        /// What was said behind the sender's address, such as `SMTPUTF8`.
        public let parameters: String
        /// Number of the connection it came over, from 1.
        public let connection: Int

        /// The data as text.
        public var text: String { String(decoding: data, as: UTF8.self) }
    }

    /// Which part of a conversation is answered differently.
    public enum Stage: Sendable, Hashable {
        /// The greeting.
        case greeting
        /// `MAIL FROM`.
        case sender
        /// `RCPT TO` of this address.
        case recipient(String)
        /// The end of the body.
        case body
    }

    /// What happens at a stage instead of the usual answer.
    public enum Behaviour: Sendable, Hashable {
        /// Answers with this code.
        case reply(Int)
        /// Never answers.
        case silence
        /// Ends the connection.
        case hangUp
    }

    /// Port on 127.0.0.1.
    public let port: Int
    /// Whether it says that it carries addresses beyond ASCII.
    fileprivate let offersUTF8: Bool
    private let shared = Mutex(State())
    private let listener: Int32

    private struct State {
        var mails: [Mail] = []
        var behaviours: [Stage: Behaviour] = [:]
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private struct Waiter {
        let count: Int
        let continuation: CheckedContinuation<[Mail], Never>
    }

    /// The server could not be started: `errno`.
    public struct StartFailure: Error, Sendable {
        /// The system's error number.
        public let code: Int32
    }

    /// Starts the server. It is ready when this returns.
    public init(offersUTF8: Bool = true) throws(StartFailure) {
        self.offersUTF8 = offersUTF8
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw StartFailure(code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 64) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        guard bound else {
            let code = errno
            Glibc.close(socket)
            throw StartFailure(code: code)
        }
        listener = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [weak self] in
            while true {
                let client = accept(socket, nil, nil)
                if client < 0, errno == EINTR { continue }
                guard client >= 0 else {
                    // Closed here and not in stop(): a number closed while this thread is between two accepts could
                    // be given to another server, whose connections this one would then take.
                    Glibc.close(socket)
                    return
                }
                guard let number = self?.opened(client) else {
                    // Stopped meanwhile: the next accept fails and ends the thread.
                    Glibc.close(client)
                    continue
                }
                Thread { [weak self] in
                    SMTPConversation(socket: client, number: number).run { self }
                    self?.closed(client) ?? { _ = Glibc.close(client) }()
                }.start()
            }
        }.start()
    }

    deinit { stop() }

    /// Ends the server and every connection. Mails stay readable.
    public func stop() {
        let waiters = shared.withLock { state -> [CheckedContinuation<[Mail], Never>] in
            guard !state.isStopped else { return [] }
            state.isStopped = true
            for client in state.open { shutdown(client, Int32(SHUT_RDWR)) }
            shutdown(listener, Int32(SHUT_RDWR))
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(returning: mails) }
    }

    /// The mails that came in so far.
    public var mails: [Mail] { shared.withLock(\.mails) }

    /// How many connections were made so far.
    public var connections: Int { shared.withLock(\.connections) }

    /// Sets what happens at a stage from now on; `nil` for the usual.
    public func set(_ behaviour: Behaviour?, at stage: Stage) {
        shared.withLock { $0.behaviours[stage] = behaviour }
    }

    /// Waits until so many mails came in, but not beyond the time limit.
    ///
    /// - Returns: the mails at that moment; fewer than asked for when time ran out.
    public func mails(atLeast count: Int, within limit: Duration = .seconds(30)) async -> [Mail] {
        await withCheckedContinuation { continuation in
            let number = shared.withLock { state -> Int? in
                guard state.mails.count < count, !state.isStopped else { return nil }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = Waiter(count: count, continuation: continuation)
                return state.nextWaiter
            }
            guard let number else { return continuation.resume(returning: mails) }
            let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [self] in
                let waiter = shared.withLock { $0.waiters.removeValue(forKey: number) }
                waiter?.continuation.resume(returning: mails)
            }
        }
    }

    private func opened(_ client: Int32) -> Int? {
        shared.withLock { state in
            guard !state.isStopped else { return nil }
            state.connections += 1
            state.open.insert(client)
            return state.connections
        }
    }

    private func closed(_ client: Int32) {
        // Removed under the lock before it is closed, so that stop() never touches a number that is used anew.
        shared.withLock { _ = $0.open.remove(client) }
        Glibc.close(client)
    }

    fileprivate func behaviour(at stage: Stage) -> Behaviour? { shared.withLock { $0.behaviours[stage] } }

    fileprivate func keep(_ mail: Mail) {
        let ready = shared.withLock { state -> [CheckedContinuation<[Mail], Never>] in
            state.mails.append(mail)
            let done = state.waiters.filter { $0.value.count <= state.mails.count }
            for key in done.keys { state.waiters[key] = nil }
            return done.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume(returning: mails) }
    }
}

/// One connection, on its own thread.
private final class SMTPConversation {
    private let socket: Int32
    private let number: Int
    private var buffer: [UInt8] = []
    private var sender: String?
    private var parameters = ""
    private var recipients: [String] = []

    /// Most bytes of a line or a mail; beyond that the connection ends.
    private static let maximum = 64 * 1024 * 1024

    init(socket: Int32, number: Int) {
        self.socket = socket
        self.number = number
    }

    /// Converses until either side has enough. `catcher` gives `nil` once the server is gone.
    func run(_ catcher: () -> SMTPCatcher?) {
        guard answer(catcher()?.behaviour(at: .greeting), usual: "220 catcher ready") else { return }
        while let line = line(), let catcher = catcher() {
            let command = String(decoding: line, as: UTF8.self)
            guard handle(command, catcher) else { return }
        }
    }

    private func handle(_ command: String, _ catcher: SMTPCatcher) -> Bool {
        let verb = command.prefix(4).uppercased()
        switch verb {
        case "EHLO":
            return write("250-catcher\r\n" + (catcher.offersUTF8 ? "250-SMTPUTF8\r\n" : "") + "250 8BITMIME\r\n")
        case "MAIL":
            sender = Self.address(command)
            parameters = command.split(separator: ">").dropFirst().joined().trimmingCharacters(in: .whitespaces)
            recipients = []
            return answer(catcher.behaviour(at: .sender), usual: "250 ok")
        case "RCPT":
            let address = Self.address(command)
            let behaviour = catcher.behaviour(at: .recipient(address))
            if behaviour == nil { recipients.append(address) }
            return answer(behaviour, usual: "250 ok")
        case "DATA":
            guard !recipients.isEmpty else { return write("503 no recipients\r\n") }
            guard write("354 go on\r\n"), let data = body() else { return false }
            let behaviour = catcher.behaviour(at: .body)
            if behaviour == nil {
                catcher.keep(
                    SMTPCatcher.Mail(
                        sender: sender ?? "", recipients: recipients, data: data, parameters: parameters,
                        connection: number))
            }
            return answer(behaviour, usual: "250 kept")
        case "RSET", "NOOP", "HELO": return write("250 ok\r\n")
        case "QUIT":
            _ = write("221 bye\r\n")
            return false
        default: return write("502 not known\r\n")
        }
    }

    private func answer(_ behaviour: SMTPCatcher.Behaviour?, usual: String) -> Bool {
        switch behaviour {
        case nil: return write(usual + "\r\n")
        case .reply(let code): return write("\(code) as told\r\n") && code != 421
        case .hangUp: return false
        case .silence:
            // Reads on without a word until the other side gives up.
            while read() {}
            return false
        }
    }

    /// The body up to the line with a single dot, with stuffed dots taken out.
    private func body() -> [UInt8]? {
        var data: [UInt8] = []
        while let line = line() {
            if line == [UInt8(ascii: ".")] { return data }
            data += line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]
            data += [0x0D, 0x0A]
            guard data.count <= Self.maximum else { return nil }
        }
        return nil
    }

    private static func address(_ command: String) -> String {
        guard let from = command.firstIndex(of: "<"), let to = command.lastIndex(of: ">"), from < to else { return "" }
        return String(command[command.index(after: from)..<to])
    }

    private func line() -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                var line = Array(buffer[..<end])
                if line.last == 0x0D { line.removeLast() }
                buffer.removeSubrange(...end)
                return line
            }
            searched = buffer.count
            guard searched <= Self.maximum, read() else { return nil }
        }
    }

    private func read() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}

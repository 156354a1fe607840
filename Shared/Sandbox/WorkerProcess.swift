import Foundation

/// One running `script-worker`: its process, the socket to it, and what it says on its error output.
/// Every wait has a deadline. Used on one thread only.
final class WorkerProcess {
    struct Frame {
        let type: UInt8
        let payload: [UInt8]
    }

    enum Failure: Error {
        case cannotStart(String)
        /// The process ended, or was silent until the deadline.
        case gone
    }

    private static let errorLimit = 4 << 10

    let pid: pid_t
    private let socket: Int32
    private let errors: Int32
    private var input: [UInt8] = []
    private var errorText: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts the executable with no arguments, no environment, no inherited files and no blocked signals.
    init(executable: String) throws(Failure) {
        let pair = try Self.connectedPair()
        let complaints: (here: Int32, there: Int32)
        do throws(Failure) {
            complaints = try Self.connectedPair()
        } catch {
            close(pair.here)
            close(pair.there)
            throw error
        }
        defer {
            close(pair.there)
            close(complaints.there)
        }
        do throws(Failure) {
            pid = try Self.spawn(executable, talking: pair.there, complaining: complaints.there)
        } catch {
            close(pair.here)
            close(complaints.here)
            throw error
        }
        socket = pair.here
        errors = complaints.here
    }

    deinit {
        // Not reaped before now, so the id cannot belong to another process; after SIGKILL the wait is short.
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        close(socket)
        close(errors)
    }

    /// Sockets rather than pipes, because writing to a pipe without a reader raises a signal in the whole process.
    private static func connectedPair() throws(Failure) -> (here: Int32, there: Int32) {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
            throw .cannotStart("no socket: \(String(cString: strerror(errno)))")
        }
        return (pair[0], pair[1])
    }

    private static func spawn(_ executable: String, talking: Int32, complaining: Int32) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, talking, 0)
        posix_spawn_file_actions_adddup2(&actions, talking, 1)
        posix_spawn_file_actions_adddup2(&actions, complaining, 2)
        // Threads of Swift block signals and a child would inherit that: the watchdog's timer would never arrive.
        // An own process group keeps a terminal's interrupt away, so that the parent can finish its rows.
        var none = sigset_t()
        var every = sigset_t()
        sigemptyset(&none)
        sigfillset(&every)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let name = strdup(executable)
        defer { free(name) }
        var arguments = [name, nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw .cannotStart("\(executable): \(String(cString: strerror(code)))") }
        return pid
    }

    /// What the process wrote on its error output, at most a few kilobytes.
    var complaint: String {
        drainErrors()
        return String(decoding: errorText, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Sends a whole frame.
    func send(_ type: UInt8, _ payload: [UInt8], within milliseconds: Int) throws(Failure) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 5)
        bytes.appendLittleEndian(UInt32(payload.count))
        bytes.append(type)
        bytes.append(contentsOf: payload)
        let deadline = WorkerDeadline(milliseconds: milliseconds)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    socket, buffer.baseAddress.map { $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if count < 0 && errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline)
            } else if count < 0 && errno != EINTR {
                throw .gone
            }
        }
    }

    /// The next frame; the time counts from the last byte that came.
    func receive(within milliseconds: Int) throws(Failure) -> Frame {
        var deadline = WorkerDeadline(milliseconds: milliseconds)
        while true {
            if let frame = takeFrame() { return frame }
            let count = chunk.withUnsafeMutableBytes { buffer in
                recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                input.append(contentsOf: chunk[..<count])
                guard input.count <= ScriptFrame.answerLimit else { throw .gone }
                deadline = WorkerDeadline(milliseconds: milliseconds)
            } else if count < 0 && errno == EAGAIN {
                try wait(for: Int16(POLLIN), until: deadline)
            } else if count == 0 || errno != EINTR {
                throw .gone
            }
        }
    }

    private func takeFrame() -> Frame? {
        guard input.count >= 5 else { return nil }
        let size = Int(input.littleEndian(at: 0))
        guard input.count - 5 >= size else { return nil }
        let frame = Frame(type: input[4], payload: Array(input[5..<5 + size]))
        input.removeFirst(5 + size)
        return frame
    }

    private func wait(for events: Int16, until deadline: WorkerDeadline) throws(Failure) {
        var descriptors = [
            pollfd(fd: socket, events: events, revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
        let left = deadline.millisecondsLeft
        guard left > 0 else { throw .gone }
        let ready = poll(&descriptors, 2, Int32(left))
        if ready < 0 && errno != EINTR { throw .gone }
        if descriptors[1].revents != 0 { drainErrors() }
        // The other end of the error output closes when the process ends: the socket tells the same, so look there.
        if descriptors[0].revents == 0 && descriptors[1].revents & Int16(POLLHUP) != 0 { throw .gone }
    }

    private func drainErrors() {
        while true {
            let count = chunk.withUnsafeMutableBytes { buffer in
                recv(errors, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return }
            errorText.append(contentsOf: chunk[..<min(count, max(0, Self.errorLimit - errorText.count))])
        }
    }
}

/// An instant on the monotonic clock.
struct WorkerDeadline {
    private let instant: ContinuousClock.Instant

    init(milliseconds: Int) {
        instant = ContinuousClock.now + .milliseconds(milliseconds)
    }

    var millisecondsLeft: Int {
        let (seconds, attoseconds) = (instant - ContinuousClock.now).components
        return max(0, Int(min(seconds, 86_400)) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

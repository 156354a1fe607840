import Glibc
import Synchronization

/// A process started by a test. It dies with the test process, however that ends: a small watchdog kills it, and
/// removes its directory, as soon as the pipe it holds to us closes.
public final class ChildProcess: Sendable {
    /// Why a process could not be started.
    public struct StartError: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// The process id, valid until `isRunning` said no or `terminate` returned.
    public let pid: pid_t
    private let watchdog: pid_t
    private let watchdogPipe: Int32
    private let reaped = Mutex(false)
    private let ended = Mutex<Int32>(0)
    private static let starting = Mutex(())

    /// Starts a program, found by PATH when it has no slash, with the environment of the test process. Its output and errors are appended to the file `log`.
    /// `directory` is what the watchdog removes after it had to kill; who ends the process in order removes it too.
    public init(_ program: String, _ arguments: [String], log: String, directory: String? = nil) throws {
        var ends: [Int32] = [-1, -1]
        // Held so that no other child starts between the two calls and inherits our end.
        let made = ChildProcess.starting.withLock { _ in
            pipe(&ends) == 0 && ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        }
        guard made else { throw StartError(description: "pipe: \(errno)") }
        defer { Glibc.close(ends[0]) }
        watchdogPipe = ends[1]
        do {
            pid = try ChildProcess.spawn([program] + arguments, input: nil, log: log)
        } catch {
            Glibc.close(ends[1])
            throw error
        }
        // `read` ends when our end of the pipe closes, which the kernel does for us if we crash.
        let script = "read line; kill -9 $0; sleep 0.2; test -z \"$1\" || rm -rf -- \"$1\""
        let arguments = ["/bin/sh", "-c", script, String(pid), directory ?? ""]
        do {
            watchdog = try ChildProcess.spawn(arguments, input: ends[0], log: "/dev/null")
        } catch {
            Glibc.close(ends[1])
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
    }

    deinit { terminate(SIGKILL) }

    /// Whether the process has not ended yet.
    public var isRunning: Bool {
        reaped.withLock { reaped in
            if !reaped && reap() { retire(&reaped) }
            return !reaped
        }
    }

    /// Sends a signal that does not end the process. Does nothing when it is gone.
    func send(_ signal: Int32) {
        reaped.withLock { reaped in
            if !reaped { Glibc.kill(pid, signal) }
        }
    }

    /// The status the program ended with, or -1 when a signal ended it; nil while it runs.
    public var exitStatus: Int32? {
        isRunning ? nil : ended.withLock { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : -1 }
    }

    /// Whether the process has ended, and how.
    private func reap() -> Bool {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        ended.withLock { $0 = status }
        return true
    }

    /// Sends the signal and waits until the process is gone. Does nothing when it is. A process that ignores the
    /// signal is killed after 10 seconds.
    public func terminate(_ signal: Int32) {
        reaped.withLock { reaped in
            if reaped { return }
            Glibc.kill(pid, signal)
            let deadline = ContinuousClock.now + .seconds(10)
            while !reap() {
                if ContinuousClock.now > deadline { Glibc.kill(pid, SIGKILL) }
                usleep(2_000)
            }
            retire(&reaped)
        }
    }

    /// Ends the watchdog before the process id can be given to another process.
    private func retire(_ reaped: inout Bool) {
        Glibc.kill(watchdog, SIGKILL)
        waitpid(watchdog, nil, 0)
        Glibc.close(watchdogPipe)
        reaped = true
    }

    /// Runs a program, found by PATH when it has no slash, to its end and returns what it ended with, as a shell would say it;
    /// output and errors are appended to `log`. It blocks its thread.
    ///
    /// A file and not a pipe: a server that is started at the same moment would inherit the pipe's end, and its reader
    /// would wait until that server is gone.
    public static func run(_ arguments: [String], log: String) throws -> Int32 {
        let pid = try spawn(arguments, input: nil, log: log)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw StartError(description: "waitpid: \(errno)") }
        }
        // Ended by itself, or by a signal.
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }

    private static func spawn(_ arguments: [String], input: Int32?, log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A child of a Swift process inherits blocked signals unless told otherwise.
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv = arguments.map { strdup($0) } + [nil]
        defer { for case let argument? in argv { free(argument) } }
        var pid: pid_t = 0
        let status = starting.withLock { _ in
            posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, environ)
        }
        guard status == 0 else {
            throw StartError(description: "cannot start \(arguments[0]): \(String(cString: strerror(status)))")
        }
        return pid
    }
}

import CNATS
import Synchronization

// libnats calls these functions on its own threads. They are global and nonisolated: a closure formed in a `main.swift`
// or an actor would carry an isolation check and trap.

/// A handle of libnats. Its functions take their own locks, so the handle may cross threads; whoever stores it
/// answers for its lifetime.
struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
}

/// What a connection's callbacks work on. libnats may still report an error after it has reported "closed", so
/// callbacks are given a number to look up here, not a pointer: after the removal they find nothing.
final class CallbackTable: Sendable {
    static let shared = CallbackTable()

    private struct State {
        var nextID: UInt = 1
        var states: [UInt: ConnectionState] = [:]
    }

    private let state = Mutex(State())

    func insert(_ connection: ConnectionState) -> UInt {
        state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.states[id] = connection
            return id
        }
    }

    func remove(_ id: UInt) { state.withLock { $0.states[id] = nil } }

    func find(_ closure: UnsafeMutableRawPointer?) -> ConnectionState? {
        let id = UInt(bitPattern: closure)
        return state.withLock { $0.states[id] }
    }
}

func natsDisconnected(_: OpaquePointer?, closure: UnsafeMutableRawPointer?) {
    CallbackTable.shared.find(closure)?.handle(.disconnected)
}

func natsReconnected(_: OpaquePointer?, closure: UnsafeMutableRawPointer?) {
    CallbackTable.shared.find(closure)?.handle(.reconnected)
}

func natsLameDuck(_: OpaquePointer?, closure: UnsafeMutableRawPointer?) {
    CallbackTable.shared.find(closure)?.handle(.lameDuck)
}

func natsClosed(_: OpaquePointer?, closure: UnsafeMutableRawPointer?) {
    CallbackTable.shared.find(closure)?.handle(.closed)
    CallbackTable.shared.remove(UInt(bitPattern: closure))
}

func natsFailed(
    connection: OpaquePointer?, subscription: OpaquePointer?, status: natsStatus, closure: UnsafeMutableRawPointer?
) {
    guard let state = CallbackTable.shared.find(closure) else { return }
    switch status {
    case NATS_SLOW_CONSUMER:
        // Only compared, never used: the subscription may be gone by now.
        state.handle(.slowConsumer(subject: state.subscriptions.subject(of: subscription) ?? ""))
    case NATS_NOT_PERMITTED:
        let text = lastErrorText(connection)
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        let subject = parts.count >= 3 ? String(parts[1]) : nil
        state.handle(.permissionViolation(subject: subject, text: text))
    default:
        state.handle(.error(NATSError(status).description))
    }
}

private func lastErrorText(_ connection: OpaquePointer?) -> String {
    // libnats hands the text of an asynchronous error to the thread that runs the callback; its connection keeps the
    // last one too.
    if let text = nats_GetLastError(nil), text.pointee != 0 { return String(cString: text) }
    var text: UnsafePointer<CChar>?
    _ = natsConnection_GetLastError(connection, &text)
    return text.map { String(cString: $0) } ?? ""
}

/// What a subscription's callbacks work on: retained once when libnats gets it, released once by `natsCompleted`,
/// which libnats calls last.
final class SubscriptionHolder: Sendable {
    let receive: @Sendable (_ connection: OpaquePointer?, _ message: OpaquePointer) -> Void
    let completed: @Sendable () -> Void

    init(
        receive: @escaping @Sendable (_ connection: OpaquePointer?, _ message: OpaquePointer) -> Void,
        completed: @escaping @Sendable () -> Void
    ) {
        self.receive = receive
        self.completed = completed
    }
}

func natsReceived(
    connection: OpaquePointer?, _: OpaquePointer?, message: OpaquePointer?, closure: UnsafeMutableRawPointer?
) {
    guard let message else { return }
    defer { natsMsg_Destroy(message) }
    guard let closure else { return }
    let holder = Unmanaged<SubscriptionHolder>.fromOpaque(closure)
    holder._withUnsafeGuaranteedRef { $0.receive(connection, message) }
}

func natsCompleted(closure: UnsafeMutableRawPointer?) {
    guard let closure else { return }
    Unmanaged<SubscriptionHolder>.fromOpaque(closure).takeRetainedValue().completed()
}

import Postgres
import RPC
import Wire

extension PostgresError {
    /// Whether the change may have been made: the connection was lost behind the COMMIT.
    package var isOutcomeUnknown: Bool { kind == .commitUnknown }

    /// Whether it may well be done, but no longer by this instance: it is ending, or another one leads.
    package var isNotHere: Bool { kind == .closed || kind == .leadershipLost }

    /// Whether the same transaction may well succeed the next time.
    package var isTransactionConflict: Bool {
        isSerializationFailure || isDeadlock || (isUniqueViolation && constraint == "request_log_pkey")
    }
}

extension PostgresError {
    /// Whether a value does not fit its type (class 22), or is too large for an index (class 54).
    package var isValueRefused: Bool { sqlState?.hasPrefix("22") == true || sqlState?.hasPrefix("54") == true }
}

extension Problem {
    /// The problem behind a database error; the error itself goes to the log only.
    init(_ error: PostgresError, in database: Database) {
        if let name = error.constraint, !error.isValueRefused, let broken = database.problem(ofConstraint: name) {
            self = broken
        } else if error.isUniqueViolation {
            self = .alreadyExists(
                Text(en: "Such a record exists already.", ko: "같은 레코드가 이미 있습니다."), reason: error.constraint)
        } else if error.isForeignKeyViolation {
            self = Problem(
                .failedPrecondition,
                Text(
                    en: "Other records depend on this one, or it refers to one that is gone.",
                    ko: "다른 레코드가 이 레코드에 종속되어 있거나, 참조한 레코드가 없습니다."), reason: "REFERENCE_IN_USE")
        } else if error.isCheckViolation || error.isNotNullViolation || error.isValueRefused {
            self = Problem(
                .invalidArgument, Text(en: "A value is not allowed here.", ko: "허용되지 않는 값이 있습니다."),
                reason: error.constraint ?? error.column)
        } else if error.isQueryCanceled {
            self = .deadlineExceeded(cause: error.description)
        } else if error.kind == .canceled {
            // The request's deadline passed, or its caller left, while it waited for a connection.
            self = .canceled(cause: error.description)
        } else if error.isConnectionFailure || error.isOutcomeUnknown || error.isNotHere {
            // Whether it was done is told by repeating it with the same request id.
            self = .unavailable(cause: error.description)
        } else if error.isInsufficientPrivilege, error.message.contains("row-level security") {
            // The row would lie in a domain that the caller does not reach: an above one, seen and not written.
            self = .permissionDenied()
        } else if error.kind == .poolExhausted {
            self = .resourceExhausted(reason: "DATABASE_BUSY")
        } else if error.isSerializationFailure || error.isDeadlock {
            self = .aborted(Text(en: "Somebody else was faster. Try again.", ko: "다른 사용자가 먼저 변경했습니다. 다시 시도해 주세요."))
        } else {
            self = .internalError(cause: error.description)
        }
    }
}

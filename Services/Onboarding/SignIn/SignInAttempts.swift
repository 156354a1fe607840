import Foundation
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Slows down who guesses (NIST 800-63B, 3.2.2): each attempt counts before it is known whether it succeeds, for whom it is
/// meant and for where it comes from, whether or not there is such a person.
struct SignInAttempts {
    /// What attempts are counted by.
    enum Kind: String {
        /// The address of the person who is meant, and the same of a forgotten password.
        case person, forgotten
        /// The network address that an attempt came from, or the connection where none is said that is believed.
        case address, connection

        /// Attempts that no pause follows. Two seconds follow the next one, and each time twice as many.
        var free: Int {
            switch self {
            case .person: 4
            case .forgotten: 2
            case .address: 30
            case .connection: 300
            }
        }

        /// The longest pause, in seconds.
        var longest: Int {
            switch self {
            case .person: 900
            case .forgotten: 3_600
            case .address: 60
            case .connection: 10
            }
        }
    }

    private enum Column: String {
        case wait
    }

    /// After a day without an attempt all is forgotten.
    static let memorySeconds: Int64 = 86_400

    let tx: Transaction
    let now: Timestamp

    /// Counts an attempt; RESOURCE_EXHAUSTED when it comes too early, which does not count. The pause is told.
    func count(_ kind: Kind, _ value: String) throws {
        let subject = Self.subject(kind, value)
        let counted = try tx.query(
            """
            INSERT INTO onboarding.sign_in_attempt AS known (subject, domain, attempts, last_at, next_at) \
            VALUES (\(subject), '/', 1, \(now.sqlValue), \(now.sqlValue)) \
            ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at, \
            attempts = CASE WHEN known.last_at < excluded.last_at - make_interval(secs => \(Self.memorySeconds)::float8) \
            THEN 1 ELSE least(known.attempts + 1, 1000) END, \
            next_at = excluded.last_at + make_interval(secs => CASE WHEN known.attempts < \(kind.free) \
            OR known.last_at < excluded.last_at - make_interval(secs => \(Self.memorySeconds)::float8) THEN 0 \
            ELSE least(\(kind.longest)::float8, 2 ^ least(known.attempts + 1 - \(kind.free), 20)) END) \
            WHERE known.next_at <= excluded.last_at RETURNING 1
            """)
        guard counted.isEmpty else { return }
        let waiting = try tx.query(
            """
            SELECT ceil(extract(epoch FROM next_at - \(now.sqlValue)::timestamptz))::bigint AS wait \
            FROM onboarding.sign_in_attempt WHERE subject = \(subject)
            """)
        throw Problem.tooManyAttempts(seconds: max(1, try waiting.first?.int(Column.wait) ?? 1))
    }

    /// The attempt succeeded: those for the person are forgotten, and it does not count for where it came from, nor do
    /// the `steps` before it.
    func succeeded(_ person: String, from origin: Origin?, steps: Int = 1) {
        tx.send("DELETE FROM onboarding.sign_in_attempt WHERE subject = \(Self.subject(.person, person))")
        guard let origin else { return }
        tx.send(
            """
            UPDATE onboarding.sign_in_attempt SET attempts = greatest(attempts - \(steps), 0), next_at = \(now.sqlValue) \
            WHERE subject = \(Self.subject(origin.kind, origin.value))
            """)
    }

    /// Counts an attempt for where it came from.
    func count(_ origin: Origin) throws { try count(origin.kind, origin.value) }

    /// Where an attempt came from.
    struct Origin: Sendable {
        let kind: Kind
        let value: String

        /// The address that the workspace names, or an outside system with pages of its own; else the connection, for
        /// whoever asks on his own could name another address each time. What systems name counts apart: none of them slows
        /// down the people of the workspace.
        init(_ address: String, _ call: Call) {
            let (address, connection) = (address.kept(bytes: 64), call.connection)
            if address.isEmpty {
                (kind, value) = (.connection, connection)
            } else if connection == Call.workspace {
                (kind, value) = (.address, address)
            } else if connection.hasPrefix(Call.systems) {
                (kind, value) = (.address, Call.systems + address)
            } else {
                (kind, value) = (.connection, connection)
            }
        }
    }

    /// People are counted as they are found: every way of writing an address that finds one person is one.
    private static func subject(_ kind: Kind, _ value: String) -> String {
        let counted =
            switch kind {
            case .person, .forgotten: value.alike
            case .address, .connection: value.lowercased()
            }
        return Secret.hash("\(kind.rawValue) \(counted)")
    }
}

extension Problem {
    /// The fact that says how long to wait.
    static let retryAfter = "retry_after_seconds"

    fileprivate static func tooManyAttempts(seconds: Int) -> Problem {
        var problem = Problem.resourceExhausted(
            Text(
                en: "Too many attempts. Try again in \(seconds) seconds.", ko: "시도가 너무 많습니다. \(seconds)초 후 다시 시도해 주세요."),
            reason: "TOO_MANY_ATTEMPTS")
        problem.metadata[retryAfter] = String(seconds)
        return problem
    }
}

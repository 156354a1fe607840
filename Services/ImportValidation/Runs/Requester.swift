import Foundation
import RPC
import Tenancy

/// The caller as he was when he asked for a run, kept with it so that a worker can act on his behalf later.
struct Requester: Codable, Sendable {
    let subject: String
    let kind: String
    let domain: String
    let roles: [String]
    let account: String?
    let contact: String?
    let locale: String

    init(_ caller: Caller, language: String) {
        subject = caller.subject
        kind = caller.kind.rawValue
        domain = caller.domain.path
        roles = caller.roles.sorted()
        account = caller.account
        contact = caller.contact
        locale = language
    }

    /// As JSON, for its column.
    func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    /// The caller again.
    static func caller(_ text: String) throws -> Caller {
        let stored = try JSONDecoder().decode(Requester.self, from: Data(text.utf8))
        guard let domain = DomainPath(stored.domain), let kind = Caller.Kind(rawValue: stored.kind) else {
            throw Problem.internalError(cause: "a stored requester cannot be read")
        }
        return Caller(
            subject: stored.subject, kind: kind, domain: domain, roles: Set(stored.roles), account: stored.account,
            contact: stored.contact, locale: stored.locale)
    }
}

import Foundation
import RPC
import Tenancy

/// The caller as he was when he asked for a run, kept with it so that a worker can act on his behalf later.
struct Requester: Codable, Sendable {
    let subject: String
    let kind: String
    let domain: String
    let roles: [String]
    /// Customers: the accounts they act for. `account` and `contact` are those of the first, for instances of an earlier
    /// version beside this one, which know no more.
    let memberships: [Account]?
    let account: String?
    let contact: String?
    let locale: String
    /// Until when the roles count without a grant.
    let rolesTrustedUntil: Int64?

    /// A ``Membership`` in its column.
    struct Account: Codable {
        let account: String
        let domain: String
        let contact: String?
    }

    init(_ caller: Caller, language: String) {
        subject = caller.subject
        kind = caller.kind.rawValue
        domain = caller.domain.path
        roles = caller.roles.sorted()
        account = caller.account
        contact = caller.contact
        memberships = caller.memberships.map {
            Account(account: $0.account, domain: $0.domain.path, contact: $0.contact)
        }
        locale = language
        rolesTrustedUntil = caller.rolesTrustedUntil
    }

    /// As JSON, for its column.
    func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    /// The caller again.
    static func caller(_ text: String) throws -> Caller {
        let stored = try JSONDecoder().decode(Requester.self, from: Data(text.utf8))
        guard let domain = DomainPath(stored.domain), let kind = Caller.Kind(rawValue: stored.kind) else {
            throw Problem.internalError(cause: "a stored requester cannot be read")
        }
        let roles = Set(stored.roles)
        let memberships = (stored.memberships ?? []).compactMap { known in
            DomainPath(known.domain).map { Membership(account: known.account, domain: $0, contact: known.contact) }
        }
        var caller =
            kind == .customer
            ? Caller(subject: stored.subject, roles: roles, memberships: memberships, locale: stored.locale) : nil
        caller =
            caller
            ?? Caller(
                subject: stored.subject, kind: kind, domain: domain, roles: roles, account: stored.account,
                contact: stored.contact, locale: stored.locale)
        caller?.rolesTrustedUntil = stored.rolesTrustedUntil
        guard let caller else { throw Problem.internalError(cause: "a stored requester cannot be read") }
        return caller
    }
}

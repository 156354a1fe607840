import Foundation
import Identity
import RPC
import Tenancy

/// A caller kept with work that is done later in his name: whoever asked for a run, or took it over.
///
/// What is kept says who he was and what he might do then. Whether he still may is asked anew by every service that the
/// work calls, from the person's standing and grants (docs/adr/0012-delegated-tokens.md, 0017-standing.md).
public struct KeptCaller: Sendable {
    /// The caller, as when he asked.
    public let caller: Caller

    /// Keeps `caller`, who is told what becomes of the work in `language`; nil for the caller's own.
    public init(_ caller: Caller, language: String? = nil) {
        var caller = caller
        caller.locale = language ?? caller.locale
        self.caller = caller
    }

    /// Reads what ``text`` wrote, now or in an earlier version.
    public init(text: String) throws(Problem) {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(text.utf8)), let caller = form.caller else {
            throw .internalError(cause: "a kept caller cannot be read")
        }
        self.caller = caller
    }

    /// As JSON, for its column.
    public func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(Form(caller)), as: UTF8.self)
    }

    /// What `service` calls others with in his name: short-lived tokens that name it as the actor.
    public func credential(_ issuer: Issuer, by service: String) -> Credential {
        issuer.credential(for: caller, by: service)
    }
}

/// The JSON of a kept caller.
private struct Form: Codable {
    /// A ``Membership``.
    struct Account: Codable {
        let account: String
        let domain: String
        let contact: String?
    }

    let subject: String
    let kind: String
    let domain: String
    let roles: [String]
    let locale: String
    /// Customers: the accounts they act for.
    let memberships: [Account]?
    /// Customers, as an earlier version kept them: their only account.
    let account: String?
    let contact: String?
    /// Until when the roles count without a grant. An earlier version wrote a text.
    let rolesTrustedUntil: Int64?

    init(_ caller: Caller) {
        subject = caller.subject
        kind = caller.kind.rawValue
        domain = caller.domain.path
        roles = caller.roles.sorted()
        locale = caller.locale
        memberships =
            caller.memberships.isEmpty
            ? nil
            : caller.memberships.map { Account(account: $0.account, domain: $0.domain.path, contact: $0.contact) }
        account = nil
        contact = nil
        rolesTrustedUntil = caller.rolesTrustedUntil
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        subject = try values.decode(String.self, forKey: .subject)
        kind = try values.decode(String.self, forKey: .kind)
        domain = try values.decode(String.self, forKey: .domain)
        roles = try values.decode([String].self, forKey: .roles)
        locale = try values.decode(String.self, forKey: .locale)
        memberships = try values.decodeIfPresent([Account].self, forKey: .memberships)
        account = try values.decodeIfPresent(String.self, forKey: .account)
        contact = try values.decodeIfPresent(String.self, forKey: .contact)
        let text = try? values.decodeIfPresent(String.self, forKey: .rolesTrustedUntil)
        rolesTrustedUntil =
            try text.flatMap { Int64($0) } ?? values.decodeIfPresent(Int64.self, forKey: .rolesTrustedUntil)
    }

    /// nil when a word of it is not known.
    var caller: Caller? {
        guard let kind = Caller.Kind(rawValue: kind), let domain = DomainPath(domain) else { return nil }
        let roles = Set(roles)
        let memberships = (memberships ?? []).compactMap { known in
            DomainPath(known.domain).map { Membership(account: known.account, domain: $0, contact: known.contact) }
        }
        let customer =
            kind == .customer
            ? Caller(subject: subject, roles: roles, memberships: memberships, locale: locale) : nil
        var caller =
            customer
            ?? Caller(
                subject: subject, kind: kind, domain: domain, roles: roles, account: account, contact: contact,
                locale: locale)
        caller.rolesTrustedUntil = rolesTrustedUntil
        return caller
    }
}

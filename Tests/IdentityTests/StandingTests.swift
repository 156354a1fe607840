import Foundation
import Roles
import ServiceTestKit
import Synchronization
import Tenancy
import Testing

@testable import Identity
@testable import RPC

private let provider = DomainPath("/provider/") ?? .root
private let customer = DomainPath("/provider/d0000001/") ?? .root
private let agent = "sn_acct_lc.agent"
private let successAgent = "sn_acct_lc.ale_success_agent"
private let customerRole = "sn_acct_lc.ale_success_customer"

@Suite struct StandingTests {
    private static func agentPerson(_ roles: [String] = [agent]) -> KnownPerson {
        KnownPerson(domain: provider, roles: roles)
    }

    private static let contactPerson = KnownPerson(
        domain: customer, roles: [customerRole],
        memberships: [
            Membership(
                account: IdentityFixture.account, domain: customer, contact: IdentityFixture.contact),
            Membership(account: IdentityFixture.account, domain: customer),
        ], isCustomer: true)

    /// The caller, or the problem's reason.
    private func outcome(
        _ fixture: IdentityFixture, _ registry: PeopleRegistry, _ token: String
    ) async -> (caller: Caller?, reason: String?, code: Problem.Code?) {
        do throws(Problem) {
            return (try await StandingAuthenticator(fixture.verifier, registry).authenticate(token), nil, nil)
        } catch {
            return (nil, error.reason, error.code)
        }
    }

    @Test func whoStandsIsAdmittedWithWhatTokenAndGrantsSay() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson()])
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, token).caller == IdentityFixture.person())
        // A token that says more than was granted gives no more, one that says less no more either.
        let greedy = try fixture.issuer.token(for: IdentityFixture.person(roles: ["admin"]), lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, greedy).caller?.roles == [])
        registry[IdentityFixture.ann] = Self.agentPerson([agent, successAgent])
        #expect(await outcome(fixture, registry, token).caller?.roles == RoleCatalog.close([agent]))
        // A role that was granted takes what it contains along.
        registry[IdentityFixture.ann] = Self.agentPerson(["sn_acct_lc.success_play_admin"])
        let narrow = try fixture.issuer.token(for: IdentityFixture.person(roles: [successAgent]), lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, narrow).caller?.roles == RoleCatalog.close([successAgent]))
    }

    @Test func whatWasTakenAwayIsGoneAtTheNextRequest() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson()])
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, token).caller != nil)
        registry[IdentityFixture.ann] = Self.agentPerson([])
        #expect(await outcome(fixture, registry, token).caller?.roles == [])
        registry[IdentityFixture.ann]?.isActive = false
        #expect(await outcome(fixture, registry, token).reason == "PERSON_INACTIVE")
        registry[IdentityFixture.ann] = nil
        #expect(await outcome(fixture, registry, token).reason == "PERSON_UNKNOWN")
        registry[IdentityFixture.ann] = Self.agentPerson()
        #expect(await outcome(fixture, registry, token).caller == IdentityFixture.person())
        // Nobody is admitted unseen.
        registry.isReachable = false
        #expect(await outcome(fixture, registry, token).code == .unavailable)
    }

    @Test func servicesAreNoPeopleButWhomTheyActForIs() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry()
        registry.isReachable = false
        let own = try fixture.issuer.serviceToken("notifier")
        #expect(await outcome(fixture, registry, own).caller?.kind == .service)
        registry.isReachable = true
        let delegated = try fixture.issuer.delegatedToken(for: IdentityFixture.person(), by: "play-launcher")
        #expect(await outcome(fixture, registry, delegated).reason == "PERSON_UNKNOWN")
        registry[IdentityFixture.ann] = Self.agentPerson()
        #expect(await outcome(fixture, registry, delegated).caller?.actor == "service:play-launcher")
    }

    @Test func domainAccountAndContactMustBeThePersons() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson()])
        func reason(_ caller: Caller) async throws -> String? {
            await outcome(fixture, registry, try fixture.issuer.token(for: caller, lifetimeSeconds: 60)).reason
        }
        var person = IdentityFixture.person()
        person.domain = customer
        #expect(try await reason(person) == nil, "below one's own domain")
        person.domain = .root
        #expect(try await reason(person) == "TOKEN_OUTDATED")
        #expect(try await reason(IdentityFixture.customer()) == "TOKEN_OUTDATED", "staff is no customer")
        registry[IdentityFixture.ann] = Self.contactPerson
        #expect(try await reason(IdentityFixture.customer()) == nil)
        #expect(try await reason(IdentityFixture.person()) == "TOKEN_OUTDATED", "a customer is no staff")
        let elsewhere = DomainPath("/provider/d0000002/") ?? .root
        func member(_ account: String, _ domain: DomainPath, _ contact: String?) -> Caller {
            Caller(
                subject: IdentityFixture.ann, kind: .customer, domain: domain,
                roles: RoleCatalog.close([customerRole]), account: account, contact: contact)
        }
        #expect(try await reason(member(IdentityFixture.account, elsewhere, nil)) == "TOKEN_OUTDATED")
        #expect(try await reason(member(IdentityFixture.ann, customer, nil)) == "TOKEN_OUTDATED")
        #expect(try await reason(member(IdentityFixture.account, customer, IdentityFixture.ann)) == "TOKEN_OUTDATED")
        // The contact is removed; the account is the user's own all the same.
        registry[IdentityFixture.ann]?.memberships.removeFirst()
        #expect(try await reason(IdentityFixture.customer()) == "TOKEN_OUTDATED")
        #expect(try await reason(member(IdentityFixture.account, customer, nil)) == nil)
    }

    @Test func whatATokenLeavesOutComesFromTheGrants() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson([agent, customerRole])])
        var claims = fixture.claims()
        claims["roles"] = nil
        claims["domain"] = nil
        let caller = await outcome(fixture, registry, try await fixture.es256Token(claims)).caller
        #expect(caller?.domain == provider)
        #expect(caller?.roles == RoleCatalog.close([agent]), "roles of the other side are nobody's")
        // Before it is known who somebody is, the domain is nobody's.
        #expect(try await fixture.verifier.authenticate(try await fixture.es256Token(claims)).domain.path == "/-/")
    }

    @Test func anIssuerMayBeTrustedForRolesButNotForWhoIsActive() async throws {
        let fixture = try await IdentityFixture(mayActAsService: false, trustsRoles: true)
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson([])])
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, token).caller?.roles == RoleCatalog.close([agent]))
        registry[IdentityFixture.ann]?.isActive = false
        #expect(await outcome(fixture, registry, token).reason == "PERSON_INACTIVE")
    }

    /// What a trusted issuer said of the roles goes along when a service acts for the person, and in no other token.
    @Test func trustGoesAlongWithADelegation() async throws {
        let fixture = try await IdentityFixture()
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson([])])
        var caller = IdentityFixture.person()
        let end = IdentityFixture.start + 60
        caller.rolesTrustedUntil = end
        let delegated = try fixture.issuer.delegatedToken(for: caller, by: "play-launcher")
        let admitted = await outcome(fixture, registry, delegated).caller
        #expect(admitted?.roles == RoleCatalog.close([agent]) && admitted?.rolesTrustedUntil == end)
        let own = try fixture.issuer.token(for: caller, lifetimeSeconds: 60)
        #expect(await outcome(fixture, registry, own).caller?.roles == [])
        // It ends when the issuer's own token would have ended, in a token that lives longer and in a new one.
        fixture.clock.now = end
        let renewed = try fixture.issuer.delegatedToken(for: caller, by: "play-launcher")
        for token in [delegated, renewed] {
            let late = await outcome(fixture, registry, token).caller
            #expect(late?.roles == [] && late?.rolesTrustedUntil == nil)
        }
    }

    /// How long that is, whoever keeps the caller for later is told.
    @Test func trustHoldsAsLongAsTheTokenThatSaidSo() async throws {
        let fixture = try await IdentityFixture(mayActAsService: false, trustsRoles: true)
        let registry = PeopleRegistry([IdentityFixture.ann: Self.agentPerson([])])
        let token = try fixture.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        let leeway = VerifierOptions().leewaySeconds
        #expect(
            await outcome(fixture, registry, token).caller?.rolesTrustedUntil == IdentityFixture.start + 60 + leeway)
        let granted = try await IdentityFixture()
        let plain = try granted.issuer.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await outcome(granted, registry, plain).caller?.rolesTrustedUntil == nil)
    }
}

@Suite struct LifetimeTests {
    private func reason(_ fixture: IdentityFixture, _ token: String) async -> String? {
        do throws(Problem) {
            _ = try await fixture.verifier.verify(token)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func peopleHaveADayServicesAQuarterOfAnHour() async throws {
        let fixture = try await IdentityFixture()
        let issuer = fixture.issuer
        let person = IdentityFixture.person()
        #expect(await reason(fixture, try issuer.token(for: person, lifetimeSeconds: 86_400)) == nil)
        #expect(await reason(fixture, try issuer.token(for: person, lifetimeSeconds: 86_401)) == "TOKEN_INVALID")
        // They begin five minutes before they are minted, since clocks differ: that counts.
        #expect(await reason(fixture, try issuer.serviceToken("x", lifetimeSeconds: 600)) == nil)
        #expect(await reason(fixture, try issuer.serviceToken("x", lifetimeSeconds: 601)) == "TOKEN_INVALID")
        for (seconds, expected) in [(600, nil), (601, "TOKEN_INVALID")] as [(Int64, String?)] {
            let token = try issuer.delegatedToken(for: person, by: "x", lifetimeSeconds: seconds)
            #expect(await reason(fixture, token) == expected)
        }
    }
}

/// What services act for people with.
@Suite struct DelegatedCredentialTests {
    private func token(_ issuer: Issuer, _ caller: Caller, by service: String = "x") async throws -> String {
        try #require(try await issuer.credential(for: caller, by: service).token())
    }

    @Test func aTokenServesTheCallsOfHalfAMinute() async throws {
        let fixture = try await IdentityFixture()
        let caller = IdentityFixture.person()
        let first = try await token(fixture.issuer, caller)
        fixture.clock.now += 29
        #expect(try await token(fixture.issuer, caller) == first)
        // It says what a new one would say, and lives as long as clocks may differ.
        fixture.clock.now += Issuer.clockToleranceSeconds
        #expect(try await fixture.verifier.authenticate(first).actor == "service:x")
        let second = try await token(fixture.issuer, caller)
        #expect(second != first)
        // A clock that was put back is no reason to show a token of the future.
        fixture.clock.now -= 30
        #expect(try await token(fixture.issuer, caller) != second)
    }

    @Test func eachCallerHasTokensOfItsOwn() async throws {
        let fixture = try await IdentityFixture()
        let caller = IdentityFixture.person()
        var other = caller
        other.locale = "en"
        var guest = caller
        guest.subject = IdentityFixture.contact
        var tokens: Set<String> = []
        for caller in [caller, other, guest] { tokens.insert(try await token(fixture.issuer, caller)) }
        tokens.insert(try await token(fixture.issuer, caller, by: "y"))
        #expect(tokens.count == 4)
    }
}

/// Outside systems sign for themselves, with the key that their user has.
@Suite struct SystemTokenTests {
    private static let system = IdentityFixture.ann

    private func system(_ key: String?) -> KnownPerson {
        KnownPerson(domain: provider, isSystem: true, publicKey: key, roles: [agent])
    }

    private func refusal(_ fixture: IdentityFixture, _ registry: PeopleRegistry, _ token: String) async -> Problem? {
        do throws(Problem) {
            _ = try await StandingAuthenticator(fixture.verifier, registry).authenticate(token)
            return nil
        } catch {
            return error
        }
    }

    @Test func aSystemSignsItsOwnTokens() async throws {
        let registry = PeopleRegistry()
        let fixture = try await IdentityFixture(people: registry)
        let file = fixture.folder.appending(path: "system.key").path
        registry[Self.system] = system(try SystemKey.generate(keyFile: file))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: KeyError.self, "a key is never written over") { try SystemKey.generate(keyFile: file) }
        let clock = fixture.clock
        let own = try await Issuer(keyFile: file, name: Self.system, now: { clock.now })
        let token = try own.token(for: IdentityFixture.person(), lifetimeSeconds: 3_600)
        #expect(await refusal(fixture, registry, token) == nil)
        #expect(await refusal(fixture, registry, token) == nil, "remembered")
        let long = try own.token(for: IdentityFixture.person(), lifetimeSeconds: 3_601)
        #expect(await refusal(fixture, registry, long)?.reason == "TOKEN_INVALID")
        // For itself alone, and for no service.
        var other = IdentityFixture.person()
        other.subject = IdentityFixture.account
        #expect(
            await refusal(fixture, registry, try own.token(for: other, lifetimeSeconds: 60))?.reason == "TOKEN_INVALID")
        let acting = try own.delegatedToken(for: IdentityFixture.person(), by: "x")
        #expect(await refusal(fixture, registry, acting)?.reason == "TOKEN_INVALID")
        // Taken away: the key, another key in its place, and the system itself.
        registry[Self.system]?.publicKey = nil
        #expect(await refusal(fixture, registry, token)?.reason == "TOKEN_INVALID")
        registry[Self.system]?.publicKey = try SystemKey.generate(keyFile: file + ".next")
        #expect(await refusal(fixture, registry, token)?.reason == "TOKEN_INVALID")
        let next = try await Issuer(keyFile: file + ".next", name: Self.system, now: { clock.now })
        let renewed = try next.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await refusal(fixture, registry, renewed) == nil)
        registry[Self.system]?.isActive = false
        #expect(await refusal(fixture, registry, renewed)?.reason == "PERSON_INACTIVE")
        registry.isReachable = false
        #expect(await refusal(fixture, registry, renewed)?.code == .unavailable)
    }

    @Test func aPersonSignsNothing() async throws {
        let registry = PeopleRegistry()
        let fixture = try await IdentityFixture(people: registry)
        let file = fixture.folder.appending(path: "own.key").path
        var person = system(try SystemKey.generate(keyFile: file))
        person.isSystem = false
        registry[Self.system] = person
        let clock = fixture.clock
        let own = try await Issuer(keyFile: file, name: Self.system, now: { clock.now })
        let token = try own.token(for: IdentityFixture.person(), lifetimeSeconds: 60)
        #expect(await refusal(fixture, registry, token)?.reason == "TOKEN_INVALID")
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"d\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
    ])
    func keysThatAreNone(_ text: String) { #expect(!SystemKey.isUsable(text)) }

    @Test func keysOfBothKinds() async throws {
        let x = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
        #expect(SystemKey.isUsable(x))
        let fixture = try await IdentityFixture()
        let parameters = try #require(fixture.es256.publicKey.parameters)
        let (px, py) = (IdentityFixture.urlSafe(parameters.x), IdentityFixture.urlSafe(parameters.y))
        #expect(SystemKey.isUsable("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(px)\",\"y\":\"\(py)\"}"))
    }
}

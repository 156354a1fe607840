import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// An administrator of one tenant tries every method of every service with another tenant's ids and numbers: they do not
/// exist for it, and stay as they are.
@Suite(.timeLimit(.minutes(15))) struct MethodAttackTests {
    /// The victim's own administrator; the rows that are somebody's are this one's.
    private static let victim = Caller.holding("admin", domain: Tested.victim, subject: Tested.person)
    /// The administrator next door, who even bears the victim's name.
    private static let attacker = Caller.holding("admin", domain: Tested.neighbour, subject: Tested.person)

    @Test(arguments: Tested.names) func anotherTenantsRecordsAreOutOfReach(_ name: String) async throws {
        let service = try await Tested.start(name)
        let before = try await service.rows()
        #expect(before.count > 3)
        var attempts: [Attempt] = []
        for method in service.methods {
            let tried = try #require(
                Attempt.of(method, service.schemas), "nobody says how \(method.subject) is attacked")
            if tried.namesRecord { attempts.append(tried) }
        }
        #expect(attempts.count > 5)
        for tried in attempts {
            let ids = try #require(service.ids[tried.table], "\(tried.subject) names a \(tried.table)")
            let unknown = await service.problem(tried.about(uuid()), as: Self.attacker)
            for id in ids {
                let met = await service.problem(tried.about(id), as: Self.attacker)
                let expected: Problem.Code = tried.need == .service ? .permissionDenied : .notFound
                #expect(met?.code == expected, "\(tried.subject) \(id) \(met as Any)")
                // What is not there and what is not theirs look the same.
                #expect(unknown?.code == met?.code && unknown?.reason == met?.reason, "\(tried.subject) \(id)")
            }
        }
        #expect(try await service.rows() == before)
        // The check of the check: the same requests reach the records when they are one's own.
        // What is below goes before what is above, which would take it along.
        let harmless = attempts.filter { $0.verb != "delete" && $0.need != .service }
        for tried in harmless + attempts.filter({ $0.verb == "delete" }).reversed() {
            guard let id = service.ids[tried.table]?.first else { continue }
            let met = await service.problem(tried.about(id), as: Self.victim)
            #expect(met?.code != .notFound, "\(tried.subject) \(met as Any)")
        }
    }

    /// Lists, pages and descriptions hold nothing of another tenant.
    @Test(arguments: Tested.names) func whatNamesNoRecordShowsNoOther(_ name: String) async throws {
        let service = try await Tested.start(name)
        let ids = Set(service.ids.values.joined())
        for method in service.methods {
            guard let tried = Attempt.of(method, service.schemas), !tried.namesRecord else { continue }
            let (problem, json) = await service.answer(tried, as: Self.attacker)
            #expect(!json.contains(Tested.victim) && !ids.contains { json.contains($0) }, "\(method.subject)")
            if let problem { #expect(!ids.contains { problem.text.en.contains($0) }, "\(method.subject) \(problem)") }
            if tried.verb == "list", let id = service.ids[tried.table]?.first {
                #expect(problem == nil, "\(method.subject) \(problem as Any)")
                let own = await service.answer(tried, as: Self.victim)
                #expect(own.json.contains(id), "\(method.subject) \(own.problem as Any)")
            }
        }
    }

    /// What a record needs beside a reference that is judged only when the rest is right.
    private static let beside: [String: [String: String]] = [
        "customer_account.parent": ["name": "x"],
        "customer_contact.user": ["firstName": "x", "lastName": "x", "email": "x@y.example", "account": "$ACCOUNT"],
        "definition_record.flow": ["title": "x", "category": "success_planning"],
    ]
    /// Judged when all the rest of the record is right: tried with whole records in the tests of their service.
    static let elsewhere: Set = ["risk_signal.source_record", "opportunity.source_record", "internal_play.parent"]
    /// Holds the name of a template, behind which there is no record.
    static let names: Set = ["import_task.data_source"]

    /// An account of the attacker's own.
    private static func account(_ service: Tested) async throws -> String {
        let attempt = Attempt(
            subject: "ale.v1.onboarding.customer_accounts.create", json: #"{"customerAccount": {"name": "x"}}"#,
            need: .nothing, table: "customer_account", isFoundFirst: false)
        let made = await service.answer(attempt, as: attacker)
        let account = try CustomerAccount.decode(json: Array(made.json.utf8))
        #expect(account.domain.hasPrefix(Tested.neighbour))
        return account.id
    }

    /// No record is made that points to one of another tenant, or of none: the field is named.
    @Test(arguments: Tested.names) func noRecordPointsToAnotherTenants(_ name: String) async throws {
        let service = try await Tested.start(name)
        let account = name == "onboarding" ? try await Self.account(service) : ""
        for schema in service.schemas {
            let subject = "ale.v1.\(name).\(schema.collection).create"
            guard service.methods.contains(where: { $0.subject == subject }) else { continue }
            for field in schema.fields where !field.outputOnly {
                guard let reference = field.reference, !reference.contains("|") else { continue }
                let place = "\(schema.table).\(field.name)"
                guard !Self.elsewhere.union(Self.names).contains(place) else { continue }
                for id in [service.ids[reference]?.first ?? uuid(), uuid()] {
                    let others = (Self.beside[place] ?? [:]).map { ", \"\($0)\": \"\($1)\"" }.joined()
                        .replacing("$ACCOUNT", with: account)
                    let value = field.storage == .strings ? "[\"\(id)\"]" : "\"\(id)\""
                    let record = "{\"\(Attempt.camel(field.name))\": \(value)\(others)}"
                    let attempt = Attempt(
                        subject: subject, json: "{\"\(Attempt.camel(schema.table))\": \(record)}",
                        need: .nothing, table: schema.table, isFoundFirst: false)
                    let problem = await service.problem(attempt, as: Self.attacker)
                    #expect(problem?.code == .invalidArgument, "\(place) \(problem as Any)")
                    #expect(problem?.violations.contains { $0.field == place } == true, "\(place) \(problem as Any)")
                }
            }
        }
    }
}

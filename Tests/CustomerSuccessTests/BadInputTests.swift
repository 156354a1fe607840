import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Wrong values are refused with the field's name and what is allowed, and change nothing.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let field: String
        let value: FieldValue
        let says: String
        var testDescription: String { "\(field) \(says)" }

        init(_ field: String, _ value: FieldValue, says: String) {
            self.field = field
            self.value = value
            self.says = says
        }
    }

    static let cases: [Case] = [
        Case("due_date", .string("2024-02-30"), says: "existing date"),
        Case("due_date", .string("2023-02-29"), says: "existing date"),
        Case("due_date", .string("30.6.2024"), says: "YYYY-MM-DD"),
        Case("due_date", .string("2024-13-01"), says: "existing date"),
        Case("due_date", .string("0000-01-01"), says: "existing date"),
        Case("state", .string("open"), says: "New ('new'), In progress ('in_progress')"),
        Case("priority", .int(6), says: "Critical ('1'), High ('2')"),
        Case("priority", .int(-1), says: "Critical ('1'), High ('2')"),
        Case("category", .string("General conversation"), says: "general_conversation"),
        Case("meeting_type", .string("qbr "), says: "qbr"),
        Case("contact", .string("nobody"), says: "id of a record"),
        Case("contact", .string("00000000-0000-7000-8000-000000000000"), says: "no such record"),
        Case("engagement", .string("00000000-0000-7000-8000-000000000000"), says: "no such record"),
        Case("product", .string("' OR 1 = 1 --"), says: "id of a record"),
        Case("assigned_to", .string("00000000-0000-7000-8000-000000000000"), says: "no such record"),
        Case("squad", .strings(["x"]), says: "not the id of a record"),
        Case("squad", .strings(["00000000-0000-7000-8000-000000000000"]), says: "no such record"),
        Case("squad", .strings(Array(repeating: uuid(), count: 501)), says: "at most 500"),
        Case("subject", .string(String(repeating: "x", count: 1_001)), says: "1000 characters"),
        Case("description", .string(String(repeating: "é", count: 65_537)), says: "65536 characters"),
        Case("work_notes", .string(String(repeating: "x", count: 70_000)), says: "65536 characters"),
        Case("watch_list", .strings([String(repeating: "x", count: 1_001)]), says: "1000 characters"),
    ]

    @Test(arguments: cases)
    func aWrongValueIsRefused(one: Case) async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        var change = Touchpoint()
        change.id = made.id
        change.subject = "Also this"
        change[named: one.field] = one.value
        let sent = change
        func check(_ problem: Problem) {
            #expect(problem.code == .invalidArgument)
            let violation = problem.violations.first { $0.field == "touchpoint.\(one.field)" }
            #expect(violation?.text.en.contains(one.says) == true, "\(problem.violations)")
            #expect(violation?.text.ko.isEmpty == false)
        }
        check(try await refusal { _ = try await world.update(sent, Array(Set(["subject", one.field]))) })
        var draft = try await Touchpoint.draft(in: world)
        draft[named: one.field] = one.value
        let new = draft
        check(try await refusal { _ = try await world.create(new) })
        #expect(try await world.get(Touchpoint.self, made.id) == made)
        #expect(try await world.activity(made).entries.map(\.kind) == ["created"])
    }

    /// A name is kept in one line, as it is seen: line breaks, control characters and marks of direction would go on into
    /// the subjects of mails. A text of several lines keeps its lines.
    @Test func namesAreKeptInOneLine() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        var set = try await world.set(
            made, "subject", .string(" Q1\r\nBcc: a@b.example\u{202E}\u{7} review\u{200B}\u{85}"))
        #expect(set.subject == "Q1 Bcc: a@b.example review")
        set = try await world.set(set, "description", .string("one\r\n\u{2066}two\u{7F}\n\tthree"))
        #expect(set.description == "one\r\ntwo\n\tthree")
        var draft = try await Touchpoint.draft(in: world)
        draft.subject = "Weekly\nround\u{200F}"
        #expect(try await world.create(draft).subject == "Weekly round")
        draft.subject = "\u{202E}\n"
        let unseen = draft
        let problem = try await refusal { _ = try await world.create(unseen) }
        #expect(problem.violations.map(\.field) == ["touchpoint.subject"])
    }

    /// No text of protobuf or Postgres holds U+0000 here: the request is not a valid one.
    @Test func noTextHoldsNUL() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        let problem = try await refusal { _ = try await world.set(made, "subject", .string("a\u{0}b")) }
        #expect(problem.code == .invalidArgument, "\(problem)")
        #expect(try await world.get(Touchpoint.self, made.id) == made)
    }

    /// More than one request may hold: refused before it is looked at, and the service goes on.
    @Test func tenMegabytesAreTooMuch() async throws {
        let world = try await World()
        var draft = try await Touchpoint.draft(in: world)
        draft.description = String(repeating: "x", count: 10 << 20)
        let huge = draft
        let problem = try await refusal { _ = try await world.create(huge) }
        #expect([.invalidArgument, .resourceExhausted].contains(problem.code), "\(problem)")
        #expect(try await world.make(Touchpoint.self).subject == "Weekly check-in")
    }

    @Test(arguments: ["base_value", "target_value", "current_value"])
    func measuresAreDecimals(field: String) async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        for wrong in ["1,5", "1e5", "NaN", "Infinity", ".5", "1.", "--1", "1.1234567", "1234567890123456789", " 1"] {
            let problem = try await refusal("\(wrong)") { _ = try await world.set(outcome, field, .string(wrong)) }
            #expect(problem.violations.map(\.field) == ["success_outcome.\(field)"])
        }
        for right in ["-1863.4", "0", "123456789012345678.123456", "007"] {
            let set = try await world.set(outcome, field, .string(right))
            #expect(set[named: field].isEmpty == false)
        }
    }

    /// References into another tenant are references to nothing, in every field of every table.
    @Test func anotherTenantsRecordsDoNotExist() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await other.make(Engagement.self)
        let member = try await other.make(SquadMember.self)
        for (field, value) in [
            ("engagement", FieldValue.string(engagement.id)), ("contact", .string(other.contact)),
            ("product", .string(other.product)), ("squad", .strings([member.id])),
        ] {
            let made = try await world.make(Touchpoint.self)
            if field == "engagement" {
                // The agent serves both accounts, and may move a touchpoint that nothing depends on.
                #expect(try await world.set(made, field, value).account == other.account)
                continue
            }
            let problem = try await refusal("\(field)") { _ = try await world.set(made, field, value) }
            #expect(problem.violations.map(\.field) == ["touchpoint.\(field)"])
            #expect(problem.reason == "NO_SUCH_REFERENCE")
        }
    }
}

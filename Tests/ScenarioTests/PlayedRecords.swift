import CustomerSuccessWire
import Foundation
import JourneyKit
import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// What each shipped play leaves behind, field by field, as flows.tsv of the specification says it.
struct PlayedRecords {
    /// A record that a play makes.
    struct Expected {
        let table: String
        /// By the names of protobuf-JSON; what follows from the launch is asked of all by ``check(_:of:isWhole:from:)``.
        let fields: [String: String]
        /// Those that are as they were answered, where all questions were.
        var answered: [String: String] = [:]
    }

    /// What records are called that a play makes by itself, for who launches in Korean.
    private static let korean = [
        "Diagnose": "진단", "Plan": "계획", "Act": "실행", "Confirm the health": "건강도 확인", "Kick-off workshop": "킥오프 워크숍",
        "Working session": "공동 작업 세션", "Review": "검토",
    ]

    /// By the titles of plays: the records in the order in which they are made.
    static let all: [String: [Expected]] = [
        "Advisory Session: Optimize Architecture": [
            work("success_case", "category", "architecture_review"), work("success_task", "category", "design_review"),
            work("success_task", "category", "design_review"), work("success_task", "category", "design_review"),
            work("touchpoint", "category", "value_and_adoption"),
        ],
        "Advisory Session: Strategy Assessment": [
            work("success_case", "category", "guidance"), work("success_task", "category", "workshops_and_meetings"),
            work("success_task", "category", "workshops_and_meetings"),
            work("success_task", "category", "workshops_and_meetings"),
            work("touchpoint", "category", "value_and_adoption"),
        ],
        "Assessment: Quarterly NPS Survey and Review": [
            work("success_case", "category", "guidance"), work("success_task", "category", "professional_services"),
            work("success_task", "category", "professional_services"),
            work("success_task", "category", "workshops_and_meetings"), work("touchpoint", "meetingType", "qbr"),
        ],
        "Create Risk Signal and Issue Record": [
            Expected(
                table: "risk_signal",
                fields: ["trackingMethod": "automated", "probability": "very_high"], answered: ["priority": "1"])
        ],
        "Customer Experience Digital Transformation - Standard": blueprint("customer_experience"),
        "Customer Experience Digital Transformation Objective": [
            work("success_objective", "driver", "customer_experience")
        ],
        "Decommission Legacy Costs": blueprint("cost_reduction"),
        "Decommission Legacy Costs Objective": [work("success_objective", "driver", "cost_reduction")],
        "Enable Business Velocity": blueprint("business_velocity"),
        "Get to Green Play": [
            work("internal_play"), work("internal_play_task", "shortDescription", "Diagnose"),
            work("internal_play_task", "shortDescription", "Plan"),
            work("internal_play_task", "shortDescription", "Act"),
            work("internal_play_task", "shortDescription", "Confirm the health"),
        ],
        "Internal Partner Implementation Review": [
            work("internal_play"), work("internal_play_task"), work("internal_play_task"), work("internal_play_task"),
        ],
        "Product Implementation Reviews and Recommendations": [
            work("success_case", "category", "architecture_review"), work("success_task", "category", "design_review"),
            work("success_task", "category", "professional_services"),
        ],
        "Product Proof of Concept": [
            work("success_case", "category", "demo_and_poc"),
            work("success_task", "category", "workshops_and_meetings"),
            work("success_task", "category", "professional_services"),
            work("success_task", "category", "workshops_and_meetings"),
            work("success_task", "category", "professional_services"),
        ],
        "Responsible Contact": [
            Expected(
                table: "touchpoint", fields: ["category": "general_conversation", "confirmsContact": "true"])
        ],
        "Scheduled a Follow-Up": [work("touchpoint", "meetingType", "ad_hoc")],
        "Setup Next Quarterly Business Review": [
            Expected(table: "touchpoint", fields: ["meetingType": "qbr", "priority": "4"])
        ],
    ]

    private static func work(_ table: String, _ field: String = "state", _ value: String = "new") -> Expected {
        Expected(table: table, fields: ["state": "new"].merging([field: value]) { $1 })
    }

    private static func blueprint(_ driver: String) -> [Expected] {
        let branch =
            [work("success_outcome", "trackingMethod", "manual"), work("success_initiative", "category", "adoption")]
            + ["Kick-off workshop", "Working session", "Review"].map { work("success_task", "subject", $0) }
        return [work("success_objective", "driver", driver)] + branch + branch
    }

    let world: JourneyWorld
    let manager: Credential
    let engagement: String
    let account: String
    /// What was answered where a question asks for a record of a table.
    let answers: [String: String]

    /// Compares what a play has made with what is expected of it; `made` are tables and ids in their order.
    func check(_ made: [(table: String, id: String)], of title: String, isWhole: Bool, from table: String) async throws
    {
        var expected = Self.all[title] ?? []
        if title == "Get to Green Play", table == "risk_signal" {
            expected.append(Expected(table: "risk_signal_solution", fields: ["solutionTable": "internal_play"]))
        }
        guard made.map(\.table) == expected.map(\.table) else {
            Issue.record("\(title) from \(table) makes \(made.map(\.table))")
            return
        }
        for (record, expected) in zip(made, expected) {
            let found = try await fields(of: record.table, record.id)
            let wanted = isWhole ? expected.fields.merging(expected.answered) { $1 } : expected.fields
            for (name, value) in wanted {
                let said = isWhole ? value : Self.korean[value] ?? value
                #expect(found[name] == said, "\(title) from \(table): \(record.table).\(name)")
            }
            #expect(found["account"] ?? account == account && found["engagement"] ?? engagement == engagement)
            // Who was chosen, or launched it, works on it, and the customer's contact is asked.
            #expect(found["assignedTo"] ?? answers["user"] == answers["user"], "\(title): \(record.table)")
            if isWhole { #expect(found["contact"] ?? answers["customer_contact"] == answers["customer_contact"]) }
            let texts = ["title", "subject", "shortDescription", "description"].compactMap { found[$0] }
            #expect(
                isWhole || texts.allSatisfy { $0 == PlayGround.answered || Hangul.isWritten(in: $0) },
                "\(title) from \(table): \(texts)")
        }
        guard let first = made.first else { return }
        if isWhole { try await checkAnswers(of: first, title) }
        try await checkPlaybook(of: first, title)
    }

    /// The first record has what was answered.
    private func checkAnswers(of record: (table: String, id: String), _ title: String) async throws {
        let head = try await fields(of: record.table, record.id)
        let named = head["shortDescription"] ?? head["subject"] ?? head["title"]
        #expect(named == PlayGround.answered && head["description"] == PlayGround.answered, "\(title)")
        #expect(head["dueDate"] ?? PlayGround.date == PlayGround.date)
        #expect(head["meetingDate"] ?? PlayGround.date == PlayGround.date)
        if title.hasPrefix("Product") { #expect(head["product"] == answers["sold_product"], "\(title)") }
    }

    /// What was made has a playbook with next steps.
    private func checkPlaybook(of record: (table: String, id: String), _ title: String) async throws {
        var request = ListPlaybookRunsRequest()
        (request.table, request.record) = (record.table, record.id)
        let runs = try await world.call(CustomerSuccessAPI.listPlaybookRuns, request, as: manager).runs
        #expect(runs.map(\.state) == ["in_progress"], "\(title)")
    }

    /// The fields of a record as text, by their names in protobuf-JSON.
    private func fields(of table: String, _ id: String) async throws -> [String: String] {
        let json: [UInt8]
        switch table {
        case "success_case": json = try await read(CustomerSuccessAPI.getSuccessCase, id)
        case "success_task": json = try await read(CustomerSuccessAPI.getSuccessTask, id)
        case "touchpoint": json = try await read(CustomerSuccessAPI.getTouchpoint, id)
        case "risk_signal": json = try await read(CustomerSuccessAPI.getRiskSignal, id)
        case "risk_signal_solution": json = try await read(CustomerSuccessAPI.getRiskSignalSolution, id)
        case "success_objective": json = try await read(CustomerSuccessAPI.getSuccessObjective, id)
        case "success_outcome": json = try await read(CustomerSuccessAPI.getSuccessOutcome, id)
        case "success_initiative": json = try await read(CustomerSuccessAPI.getSuccessInitiative, id)
        case "internal_play": json = try await read(CustomerSuccessAPI.getInternalPlay, id)
        case "internal_play_task": json = try await read(CustomerSuccessAPI.getInternalPlayTask, id)
        default: throw JourneyFailure("a play makes a \(table)")
        }
        let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        // What says true or false may be read as a number.
        return (object ?? [:]).map { ($0, "\($1)") }.reduce(into: [:]) { fields, field in
            fields[field.0] = field.0 == "confirmsContact" && field.1 == "1" ? "true" : field.1
        }
    }

    private func read<R: Message>(_ method: Wire.Method<GetRequest, R>, _ id: String) async throws -> [UInt8] {
        var request = GetRequest()
        request.id = id
        return try await world.call(method, request, as: manager).encodeJSON()
    }
}

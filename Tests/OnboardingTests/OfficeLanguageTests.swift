import Foundation
import Korean
import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The pages of the provider's people (agent, analyst, administrator): labels are in the language of whoever asks, texts that
/// come in both languages have both.
@Suite struct OfficeLanguageTests {
    private static let people = ["sn_acct_lc.agent", "Foundational data analyst", "admin"]

    /// A text of an answer: a label in one language, or in both.
    private enum Label {
        case one(String)
        case both(en: String, ko: String)
    }

    private static func labels(in value: Any) -> [Label] {
        if let list = value as? [Any] { return list.flatMap(labels) }
        guard let object = value as? [String: Any] else { return [] }
        if let en = object["en"] as? String { return [.both(en: en, ko: object["ko"] as? String ?? "")] }
        return object.flatMap { key, value -> [Label] in
            if ["label", "responsibility"].contains(key), let text = value as? String { return [.one(text)] }
            return labels(in: value)
        }
    }

    private static func pages(_ record: OnboardingCase, _ task: LifecycleTask) -> [(subject: String, json: String)] {
        let about = #"{"table": "lifecycle_task", "record": "\#(task.id)""#
        let answer = #"\#(about), "recommendation": "troubleshoot_installation", "answers": ["#
        return [
            ("pages.landing", "{}"), ("pages.case", #"{"id": "\#(record.id)"}"#),
            ("pages.task", #"{"id": "\#(task.id)"}"#), ("recommended_actions.show", "\(about)}"),
            ("recommended_actions.answer", #"\#(answer)"yes"]}"#),
            ("recommended_actions.answer", #"\#(answer)"yes", "other", "yes"]}"#),
            ("playbook_runs.get_stages", #"{"table": "onboarding_case", "record": "\#(record.id)"}"#),
        ] + LandingCard.allCases.map { ("pages.list_card", #"{"card": "\#($0.rawValue)"}"#) }
    }

    @Test(arguments: ["en", "ko"]) func labelsAreInTheirLanguage(language: String) async throws {
        let stage = try await PlaybookStage()
        let world = stage.world
        let record = try await stage.begin()
        try await stage.setUp(record)
        let task = try await world.createTask(record) { $0.shortDescription = "Install Service Bridge for consumers" }
        for person in Self.people {
            var caller = try World.person(person == "admin" ? uuid() : world.agent.subject, person)
            caller.locale = language
            var (single, double) = (0, 0)
            for (subject, json) in Self.pages(record, task) {
                let text = try await world.server.bench.call(
                    json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                for label in Self.labels(in: try JSONSerialization.jsonObject(with: Data(text.utf8))) {
                    switch label {
                    case .one(let text):
                        #expect(Hangul.isWritten(in: text) == (language == "ko"), "\(person) \(subject) ‘\(text)’")
                        single += 1
                    case .both(let en, let ko):
                        // A name is the same in both.
                        #expect(en == ko || !Hangul.isWritten(in: en), "\(person) \(subject) ‘\(en)’")
                        #expect(en == ko || Hangul.isWritten(in: ko), "\(person) \(subject) ‘\(en)’ ‘\(ko)’")
                        double += 1
                    }
                }
            }
            #expect(single > 10 && double > 20, "\(person) \(single) \(double)")
        }
    }

    /// What the three may not do, they are told in their language; what they may, they may.
    @Test(arguments: ["en", "ko"]) func refusalsAreInTheirLanguage(language: String) async throws {
        let world = try await World()
        let record = try await world.openCase()
        let refusals = [
            ("pages.case", #"{"id": "\#(uuid())"}"#), ("pages.list_card", #"{"card": "none"}"#),
            ("records.search", #"{"text": "?"}"#), ("portal_header_fields.create", #"{"portalHeaderField": {}}"#),
            ("onboarding_cases.update", #"{"onboardingCase": {"id": "\#(record.id)", "stage": "on_track"}}"#),
            ("knowledge_articles.read", #"{"key": "none"}"#),
            ("consumer_registrations.register", #"{"consumerRegistration": {"instanceUrl": "http://x"}}"#),
        ]
        for person in Self.people {
            var caller = try World.person(uuid(), person)
            caller.locale = language
            for (subject, json) in refusals {
                let problem = await ServiceTestKit.problem { () async throws(Problem) in
                    try await world.server.bench.call(json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                }
                let met = try #require(problem, "\(person) \(subject) is not refused")
                for text in [met.text.en] + met.violations.map(\.text.en) {
                    #expect(Hangul.isWritten(in: text) == (language == "ko"), "\(person) \(subject) ‘\(text)’")
                }
            }
        }
    }
}

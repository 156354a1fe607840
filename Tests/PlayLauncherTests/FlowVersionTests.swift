import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// A play is changed by a new version of its flow while runs are under way: these end by the version they began with, and what
/// differs is shown.
@Suite struct FlowVersionTests {
    private func text(_ name: String, _ version: String, _ tasks: String) -> String {
        """
        document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '\(version)', title: \(name)}
        do:
        \(tasks)
        """
    }

    private func create(_ yaml: String, _ stage: Stage) async throws -> FlowDefinition {
        var request = CreateFlowDefinitionRequest()
        request.flowDefinition = FlowDefinition()
        request.flowDefinition?.definition = yaml
        return try await stage.call(PlayLauncherAPI.createFlowDefinition, request, as: .holding(playAdministrator))
    }

    private func touchpoint(_ name: String, _ subject: String) -> String {
        """
          - \(name):
              call: rpc
              with: {method: customer-success.touchpoints.create, request: {touchpoint: {subject: '\(subject)'}}}
        """
    }

    @Test func aRunEndsByTheVersionItBeganWith() async throws {
        let stage = try await Stage.shared.value
        let name = "versioned-\(uuid().prefix(8))"
        let (first, last, new) = ("First \(uuid())", "Last \(uuid())", "New \(uuid())")
        let old = try await create(
            text(name, "1.0.0", touchpoint("begin", first) + "\n" + touchpoint("finish", last)), stage)
        var record = DefinitionRecord()
        (record.flow, record.title, record.category) = (old.id, name, "success_support")
        record.state = DefinitionRecord.State.published
        var request = CreateDefinitionRecordRequest()
        request.definitionRecord = record
        _ = try await stage.call(PlayLauncherAPI.createDefinitionRecord, request, as: .holding(playAdministrator))
        stage.owner.hold(first)
        let run = try await stage.launch(name, from: uuid(), as: try person(successAgent))
        let changed = try await create(
            text(
                name, "1.1.0",
                touchpoint("begin", first) + "\n" + touchpoint("review", new) + "\n" + touchpoint("finish", "Other")),
            stage)
        var compare = CompareFlowDefinitionsRequest()
        (compare.from, compare.to) = (old.id, changed.id)
        let admin = Caller.holding(playAdministrator)
        let answer = try await stage.call(PlayLauncherAPI.compareFlowDefinitions, compare, as: admin)
        #expect(answer.running == 1 && answer.fromVersion == "1.0.0" && answer.toVersion == "1.1.0")
        #expect(
            answer.differences.map { "\($0.kind) \($0.path)" } == [
                "changed document/version", "added do/review", "changed do/finish/with/request/touchpoint/subject",
            ])
        #expect(answer.differences.last?.before == "\"\(last)\"")
        stage.owner.letGo(first)
        let ended = try await stage.end(of: run.id)
        #expect(ended.state == "completed" && ended.flowVersion == "1.0.0", "\(ended.message ?? "")")
        #expect(stage.owner.touchpoints(last).count == 1 && stage.owner.touchpoints(new).isEmpty)
        let later = try await stage.end(of: try await stage.launch(name, from: uuid(), as: try person(successAgent)).id)
        #expect(later.flowVersion == "1.1.0" && stage.owner.touchpoints(new).count == 1)
    }

    @Test func definitionsOfOthersAreNotCompared() async throws {
        let stage = try await Stage.shared.value
        let name = "hidden-\(uuid().prefix(8))"
        let made = try await create(text(name, "1.0.0", touchpoint("begin", "x")), stage)
        var compare = CompareFlowDefinitionsRequest()
        (compare.from, compare.to) = (made.id, made.id)
        let elsewhere = Caller.holding(playAdministrator, domain: "/other/")
        let hidden = await stage.problem(PlayLauncherAPI.compareFlowDefinitions, compare, as: elsewhere)
        #expect(hidden?.code == .notFound)
        let same = try await stage.call(
            PlayLauncherAPI.compareFlowDefinitions, compare, as: .holding(playAdministrator))
        #expect(same.differences.isEmpty && !same.cut)
    }
}

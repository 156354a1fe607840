import Flows
import Foundation
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import PlayLauncherService

/// Blueprints (G-81): an entry of their own, and a list of what they lay out before it is made.
@Suite struct BlueprintTests {
    @Test func subcategoriesAreChosenWithoutACategory() async throws {
        let stage = try await Stage.shared.value
        for (locale, names) in [
            ("en", ["Customer experience", "Cost reduction", "Business velocity"]),
            ("ko", ["고객 경험", "비용 절감", "비즈니스 속도"]),
        ] {
            let page = try await stage.call(
                PlayLauncherAPI.listBlueprints, ListBlueprintsRequest(), as: try person(successAgent, locale: locale))
            #expect(page.subcategories.map(\.name) == names)
            #expect(page.subcategories.map(\.entries.count) == [2, 2, 1])
            #expect(page.entries.isEmpty)
        }
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        let refused = await stage.problem(PlayLauncherAPI.listBlueprints, ListBlueprintsRequest(), as: viewer)
        #expect(refused?.code == .permissionDenied)
    }

    private struct Made: Decodable {
        let table: String
    }

    /// What is shown is what is made, record by record; the preview makes nothing.
    @Test(arguments: [("en", "Kick-off workshop"), ("ko", "킥오프 워크숍")])
    func whatIsLaidOutIsListedBefore(locale: String, task: String) async throws {
        let stage = try await Stage()
        let caller = try person(successAgent, locale: locale)
        for title in ["Enable Business Velocity", "Decommission Legacy Costs Objective"] {
            var request = PreviewPlayRequest()
            request.definitionRecord = try await stage.entry(title).id
            (request.sourceTable, request.sourceRecord) = ("engagement", uuid())
            request.answers = #"{"title": "Faster", "planned_start": "2027-01-01"}"#
            let shown = try await stage.call(PlayLauncherAPI.previewPlay, request, as: caller).records
            #expect(stage.owner.takeMade().isEmpty)
            let run = try await stage.launch(title, request.answers, from: request.sourceRecord, as: caller)
            let end = try await stage.end(of: run.id)
            #expect(end.state == "completed", "\(end.message ?? "")")
            let made = stage.owner.takeMade()
            #expect(shown.map(\.table) == made.map(\.table) && shown.map(\.title) == made.map(\.title))
            #expect(shown.first?.title == "Faster" && shown.first?.parent == 0)
            let told = try JSONDecoder().decode([Made].self, from: Data((end.createdRecords ?? "").utf8))
            #expect(told.map(\.table) == shown.map(\.table))
            guard title == "Enable Business Velocity" else {
                #expect(shown.map(\.table) == ["success_objective"])
                continue
            }
            let branch = ["success_outcome", "success_initiative", "success_task", "success_task", "success_task"]
            #expect(shown.map(\.table) == ["success_objective"] + branch + branch)
            #expect(shown.map(\.parent) == [0, 1, 2, 3, 3, 3, 1, 7, 8, 8, 8])
            #expect(shown[3].title == task)
            #expect(shown[1].label == (locale == "ko" ? "성공 결과" : "Success outcome"))
        }
    }

    /// The preview asks for what the launch asks for.
    @Test func aPreviewIsRefusedLikeTheLaunch() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        var request = PreviewPlayRequest()
        request.definitionRecord = try await stage.entry("Create Risk Signal and Issue Record").id
        (request.sourceTable, request.sourceRecord) = ("engagement", uuid())
        let incomplete = await stage.problem(PlayLauncherAPI.previewPlay, request, as: caller)
        #expect(
            incomplete?.violations.map(\.field)
                == ["answers.short_description", "answers.description", "answers.probability"])
        stage.owner.end(request.sourceRecord, "closed")
        #expect(await stage.problem(PlayLauncherAPI.previewPlay, request, as: caller)?.reason == "G-128")
        request.sourceTable = "success_task"
        #expect(await stage.problem(PlayLauncherAPI.previewPlay, request, as: caller)?.reason == "G-75")
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        #expect(await stage.problem(PlayLauncherAPI.previewPlay, request, as: viewer)?.code == .permissionDenied)
    }

    /// A blueprint is its differences: those that ship run one flow inside them.
    @Test(arguments: ["F-08", "F-09", "F-10", "F-11", "F-12"])
    func blueprintsShareWhatTheyDo(id: String) throws {
        let entry = try #require(PlaySeed.entries.first { $0.id == id })
        let flow = try FlowSource.compile(yaml: #require(PlaySeed.yaml(entry.flow)))
        #expect(flow.methods.isEmpty && flow.subflows.map(\.name) == PlaySeed.shared)
        let shared = try FlowSource.compile(yaml: #require(PlaySeed.yaml(PlaySeed.shared[0])))
        #expect(flow.subflows == [shared.reference])
    }
}

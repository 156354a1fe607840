import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// The page of a builder at one of its steps.
struct BuilderPage: Sendable {
    /// The two list views of staged rows (G-71).
    static let views = ["needs_attention", "ready_to_publish"]

    let visit: Visit
    /// The step that was posted; nil for the one that the address names, or at which the builder stands.
    var step: BuilderStage?
    /// What was refused of it.
    var refused: Problem?
    /// What a file has become that was tried, with its name.
    var trial: (name: String, answer: BuilderTrial)?
    /// Why a file was not tried.
    var untried: Problem?

    /// Everything that a step is drawn from.
    struct Drawn: Sendable {
        let state: BuilderState
        let builder: ImportBuilder
        let target: RecordSchema
        /// Whether the person may change it, and it is not in use yet.
        let may: Bool

        /// The fields that a file can fill.
        var fields: [FieldSchema] { target.fields.filter(\.isImportable) }
    }

    private var language: Language { visit.reader.language }

    /// The page; NOT_FOUND for whoever may not see builders.
    func page() async throws(Problem) -> Page {
        try BuilderPages.check(visit)
        var get = GetRequest()
        get.id = visit.part("id")
        let state = try await visit.ask(ImportValidationAPI.getImportBuilderState, get)
        let builder = state.importBuilder ?? ImportBuilder()
        let isFinished = builder.step == ImportBuilder.Step.complete
        let drawn = Drawn(
            state: state, builder: builder,
            target: Dictionaries.schema(builder.targetTable ?? "") ?? Location.schema,
            may: !isFinished && BuilderPages.mayWrite(visit))
        let asked = step ?? BuilderStage(rawValue: visit.query["step"]) ?? BuilderStage(builder)
        let stage = asked.isOpen(to: builder) ? asked : BuilderStage(builder)
        let href = BuilderPages.href(builder.id)
        var values: Values = [
            "heading": builder.name ?? "", "target": drawn.target.label(language), "etag": etag(builder),
            "finished": isFinished, "may": drawn.may, "steps": steps(stage, drawn, href),
            "is": [stage.rawValue.replacing("-", with: "_"): true] as Values,
            "action": "\(href)/\(stage.rawValue)", "list": ListPages.href(ImportBuilder.schema.table),
        ]
        values.merge(BuilderSteps(visit: visit, drawn: drawn, refused: refused).values(stage)) { _, own in own }
        if stage == .finish || stage == .views { values["trying"] = trying(href) }
        if let refused { values["problem"] = problem(refused) }
        var page = Page(
            template: "builder", title: "\(visit.say("Import builder", "가져오기 작성기")): \(builder.name ?? "")",
            values: values)
        page.trail = BuilderPages.trail(visit)
        return page
    }

    /// What the form has seen; after somebody else has saved it, what there is now.
    private func etag(_ builder: ImportBuilder) -> String {
        refused?.isStale == true || visit.form["etag"].isEmpty ? builder.etag : visit.form["etag"]
    }

    private func problem(_ problem: Problem) -> Values {
        let fields = problem.violations.filter { $0.text(language) != problem.text(language) }.map {
            ["field": "step", "text": $0.text(language)] as Values
        }
        return ["text": problem.text(language), "fields": fields]
    }

    private func steps(_ shown: BuilderStage, _ drawn: Drawn, _ href: String) -> [Values] {
        let stands = BuilderStage(drawn.builder)
        let isFinished = drawn.builder.step == ImportBuilder.Step.complete
        return BuilderStage.allCases.map { stage in
            let isOpen = stage.isOpen(to: drawn.builder)
            return [
                "label": visit.reader(stage.label), "position": "\(stage.place + 1)",
                "href": isOpen ? "\(href)?step=\(stage.rawValue)" : "",
                "done": isFinished || stage.place < stands.place || stage == .views && drawn.builder.uiViews != nil,
                "current": stage == shown,
            ]
        }
    }

    // MARK: Trying

    private func trying(_ href: String) -> Values {
        var values: Values = ["action": "\(href)/try#trial", "problem": "", "trial": ""]
        if let untried { values["problem"] = untried.text(language) }
        if let trial { values["trial"] = tried(trial.name, trial.answer) }
        return values
    }

    private func tried(_ name: String, _ answer: BuilderTrial) -> Values {
        let sum = Text(
            en:
                "\(grouped: Int(answer.checked)) rows were checked\(answer.more ? ", the file has more" : ""): \(grouped: Int(answer.ready)) ready, \(grouped: Int(answer.needsAttention)) need attention.",
            ko:
                "\(grouped: Int(answer.checked))개 행을 검증했습니다\(answer.more ? "(파일에 행이 더 있음)" : ""). 문제없음 \(grouped: Int(answer.ready))개, 확인 필요 \(grouped: Int(answer.needsAttention))개."
        )
        let columns = answer.fields.map { ["label": label($0)] as Values }
        return [
            "name": name, "readable": answer.readable, "message": answer.message, "sum": visit.reader(sum),
            "columns": columns, "rows": answer.rows.map { row($0, answer.fields) },
        ]
    }

    private func row(_ row: TriedRow, _ fields: [String]) -> Values {
        let isReady = row.status == "ready_to_publish"
        let cells = zip(fields, row.cells).map { ["label": label($0), "text": $1] as Values }
        return [
            "number": "\(row.number)", "cells": cells, "status": row.status, "comment": row.comment,
            "statusLabel": visit.reader(
                isReady ? Text(en: "Ready to publish", ko: "게시 준비 완료") : Text(en: "Needs attention", ko: "확인 필요")),
        ]
    }

    private func label(_ field: String) -> String {
        for schema in Dictionaries.all where schema.importing != nil {
            if let known = schema.field(field) { return known.label(language) }
        }
        return field
    }
}

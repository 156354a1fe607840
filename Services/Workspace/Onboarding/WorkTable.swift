import OnboardingWire
import Wire

/// A list of cases, tasks, import tasks or risk signals behind a card, with the columns that somebody has chosen.
struct WorkTable: Sendable {
    /// What a list can show of a record, in the order of the columns that the specification samples.
    enum Column: String, CaseIterable, Sendable {
        case number, account, parent, title, priority, state, stage, progress, date, assigned, updated
    }

    private let reader: Reader
    private let columns: [Column]
    /// Of the records whose names the columns go by: cases, else tasks.
    private let schema: RecordSchema

    /// The table of a card's list, with the columns that the address names, else with those that suit it.
    init(_ visit: Visit, card: String) {
        reader = visit.reader
        schema = Self.isOfCases(card) ? OnboardingCase.schema : LifecycleTask.schema
        let named = visit.query.all("column").compactMap { Column(rawValue: $0) }
        columns = Column.allCases.filter { (named.isEmpty ? Self.usual(for: card) : named).contains($0) }
    }

    private static func isOfCases(_ card: String) -> Bool {
        !["active_tasks", "overdue_tasks", "active_risk_signals"].contains(card)
    }

    /// The usual columns of a card's list: of cases those of the sample.
    private static func usual(for card: String) -> [Column] {
        let all: [Column] = [.number, .account, .parent, .title, .priority, .state]
        switch card {
        case "active_tasks", "overdue_tasks": return all + [.progress, .date]
        case "active_risk_signals": return all + [.date]
        default: return all + [.stage, .date]
        }
    }

    /// `columns` and `items`, as the template takes them.
    func values(_ items: [WorkItem]) -> Values {
        let rows = items.map { item -> Values in
            let cells = columns.map { cell($0, item) }
            return ["id": item.id, "name": item.number, "cells": cells]
        }
        return ["columns": columns.map { ["label": label($0)] as Values }, "items": rows]
    }

    /// What the columns can be chosen from.
    func choices() -> [Values] {
        Column.allCases.map { column in
            ["value": column.rawValue, "label": label(column), "chosen": columns.contains(column)]
        }
    }

    /// What a column is called: as its field is, where there is one.
    private func label(_ column: Column) -> String {
        let field: (any FieldKey)? =
            switch column {
            case .number: OnboardingCase.Field.number
            case .title: OnboardingCase.Field.shortDescription
            case .parent: OnboardingCase.Field.parent
            case .priority: OnboardingCase.Field.priority
            case .state: OnboardingCase.Field.state
            case .date: Self.isOfCases(schema) ? OnboardingCase.Field.goLiveDate : LifecycleTask.Field.dueDate
            case .assigned: OnboardingCase.Field.assignedTo
            case .account, .stage, .progress, .updated: nil
            }
        if let field, let index = schema.index(like: field) { return schema.fields[index].label(reader.language) }
        let text =
            switch column {
            case .account: Text(en: "Account", ko: "계정")
            case .stage: Text(en: "Stage", ko: "단계")
            case .progress: Text(en: "Progress", ko: "진행률")
            default: Text(en: "Updated", ko: "수정 일시")
            }
        return reader(text)
    }

    private static func isOfCases(_ schema: RecordSchema) -> Bool { schema.table == OnboardingCase.schema.table }

    private func cell(_ column: Column, _ item: WorkItem) -> Values {
        let schema = Dictionaries.schema(of: item)
        let href = Address.of(item)
        func badge(_ field: String, _ value: String) -> Values {
            ["badge": value, "badgeLabel": schema?.field(field)?.label(of: value, reader.language) ?? value]
        }
        let shown: Values =
            switch column {
            case .number: [(href.isEmpty ? "text" : "number"): item.number]
            case .title: [(href.isEmpty ? "text" : "title"): item.title]
            case .account: ["text": item.accountName]
            case .parent: ["text": item.parentNumber]
            case .priority: ["text": priority(item, schema)]
            case .state: badge(column.rawValue, item.state)
            case .stage: badge(column.rawValue, item.stage)
            case .progress: badge(column.rawValue, item.progress)
            case .date: ["date": item.date ?? ""]
            case .assigned: ["text": item.assignedToName]
            case .updated: ["text": item.updatedAt.map { reader.distance($0) } ?? ""]
            }
        // A cell without anything keeps its place.
        let isEmpty = ["text", "number", "title", "badge", "date"].allSatisfy { (shown[$0] as? String ?? "").isEmpty }
        return shown.merging(["label": label(column), "href": href, "empty": isEmpty] as Values) { own, _ in own }
    }

    private func priority(_ item: WorkItem, _ schema: RecordSchema?) -> String {
        let value = item.priority.map { "\($0)" } ?? ""
        return schema?.field(Column.priority.rawValue)?.label(of: value, reader.language) ?? value
    }
}

import OnboardingWire
import Wire

/// A list of cases, tasks, import tasks or risk signals with the columns that somebody has chosen.
struct WorkTable: Sendable {
    /// What a list can show of a record.
    enum Column: String, CaseIterable, Sendable {
        case number, title, account, parent, priority, state, stage, progress, date, assigned, updated

        var label: Text {
            switch self {
            case .number: Text(en: "Number", ko: "번호")
            case .title: Text(en: "Short description", ko: "간단한 설명")
            case .account: Text(en: "Account", ko: "계정")
            case .parent: Text(en: "Case", ko: "케이스")
            case .priority: Text(en: "Priority", ko: "우선순위")
            case .state: Text(en: "State", ko: "상태")
            case .stage: Text(en: "Stage", ko: "단계")
            case .progress: Text(en: "Progress", ko: "진행률")
            case .date: Text(en: "Due", ko: "기한")
            case .assigned: Text(en: "Assigned to", ko: "담당자")
            case .updated: Text(en: "Updated", ko: "수정 일시")
            }
        }
    }

    private let reader: Reader
    private let columns: [Column]

    /// A table with the columns that the address names, else with those that suit the list.
    init(_ visit: Visit, usual: [Column]) {
        reader = visit.reader
        let named = visit.query.all("column").compactMap { Column(rawValue: $0) }
        columns = named.isEmpty ? usual : Column.allCases.filter { named.contains($0) }
    }

    /// The usual columns of a card's list.
    static func usual(for card: String) -> [Column] {
        switch card {
        case "active_tasks", "overdue_tasks": [.number, .title, .account, .parent, .priority, .state, .progress, .date]
        case "active_risk_signals": [.number, .title, .account, .parent, .priority, .state, .date]
        default: [.number, .title, .account, .priority, .state, .stage, .date]
        }
    }

    /// `columns` and `items`, as the template takes them.
    func values(_ items: [WorkItem]) -> Values {
        let rows = items.map { item -> Values in
            let cells = columns.map { cell($0, item) }
            return ["id": item.id, "name": item.number, "cells": cells]
        }
        return ["columns": columns.map { ["label": reader($0.label)] as Values }, "items": rows]
    }

    /// What the columns can be chosen from.
    func choices() -> [Values] {
        Column.allCases.map { column in
            ["value": column.rawValue, "label": reader(column.label), "chosen": columns.contains(column)]
        }
    }

    private func cell(_ column: Column, _ item: WorkItem) -> Values {
        let schema = Dictionaries.schema(of: item)
        let href = Address.of(item)
        var cell: Values = ["label": reader(column.label), "href": href]
        func badge(_ field: String, _ value: String) {
            cell["badge"] = value
            cell["badgeLabel"] = schema?.field(field)?.label(of: value, reader.language) ?? value
        }
        switch column {
        case .number: cell[href.isEmpty ? "text" : "number"] = item.number
        case .title: cell[href.isEmpty ? "text" : "title"] = item.title
        case .account: cell["text"] = item.accountName
        case .parent: cell["text"] = item.parentNumber
        case .priority:
            let value = item.priority.map { "\($0)" } ?? ""
            cell["text"] = schema?.field(column.rawValue)?.label(of: value, reader.language) ?? value
        case .state: badge(column.rawValue, item.state)
        case .stage: badge(column.rawValue, item.stage)
        case .progress: badge(column.rawValue, item.progress)
        case .date: cell["date"] = item.date ?? ""
        case .assigned: cell["text"] = item.assignedToName
        case .updated: cell["text"] = item.updatedAt.map { reader.distance($0) } ?? ""
        }
        return cell
    }
}

/// Rows of a form that somebody puts in order: each moves past its neighbour or goes by a button of its own, and one more comes by
/// another. A button posts the form, which is drawn again at the row that it was about, with all that was typed.
struct OrderedRows: Sendable {
    /// One row: what it is called, and its fields.
    struct Row: Sendable {
        let title: String
        /// What stands above its fields; empty where its only field says all.
        var heading = ""
        let cells: [Forms.Field]
    }

    let rows: [Row]
    /// What the button says that adds one.
    let add: String
    /// Where the form is posted to.
    let action: String

    /// The rows of the list `name` as templates take them, `cell` being a field.
    func values(_ name: String, _ fault: (String) -> String, _ cell: (Forms.Field) -> Values) -> [Values] {
        rows.enumerated().map { place, row in
            let id = "\(name)-\(place)"
            return [
                "row": id, "title": row.title, "heading": row.heading, "cells": row.cells.map(cell),
                // A row of one field is where that is.
                "id": row.cells.contains { $0.name == id } ? "" : id,
                "wrong": row.cells.contains { $0.name == id } ? "" : fault(id),
                "up": place == 0 ? "" : "\(action)#\(name)-\(place - 1)",
                "down": place == rows.count - 1 ? "" : "\(action)#\(name)-\(place + 1)",
                "gone": "\(action)#\(name)",
            ]
        }
    }

    /// Where one more row is shown.
    func addition(_ name: String) -> String { "\(action)#\(name)-\(rows.count)" }
}

extension Fields {
    /// What the buttons of rows do.
    private enum RowEdit: String {
        case up, down, remove, add
    }

    /// The places of the rows that a list has in a form, in their order: its fields are `<list>-<place>`, or begin so.
    func rows(_ list: String) -> [Int] {
        Set(pairs.compactMap { Self.split($0.name, list)?.place }).sorted()
    }

    private static func split(_ name: String, _ list: String) -> (place: Int, rest: Substring)? {
        guard name.hasPrefix("\(list)-") else { return nil }
        let inner = name.dropFirst(list.count + 1)
        let digits = inner.prefix { $0.isASCII && $0.isNumber }
        let rest = inner.dropFirst(digits.count)
        guard let place = Int(digits), rest.isEmpty || rest.first == "-" else { return nil }
        return (place, rest)
    }

    /// The form as a button of its rows has it, such as `up:steps-2`, `add:steps`; nil for another button.
    func edited(by button: String) -> Fields? {
        let parts = button.split(separator: ":", maxSplits: 1).map { String($0) }
        guard parts.count == 2, let edit = RowEdit(rawValue: parts[0]) else { return nil }
        guard edit != .add else {
            var fields = self
            fields.add("\(parts[1])-\((rows(parts[1]).last ?? -1) + 1)", "")
            return fields
        }
        guard let dash = parts[1].lastIndex(of: "-"), let row = Int(parts[1][parts[1].index(after: dash)...]) else {
            return nil
        }
        let list = String(parts[1][..<dash])
        var order = rows(list)
        guard let place = order.firstIndex(of: row) else { return self }
        switch edit {
        case .up where place > 0: order.swapAt(place, place - 1)
        case .down where place < order.count - 1: order.swapAt(place, place + 1)
        case .remove: order.remove(at: place)
        case .up, .down, .add: break
        }
        return ordered(list, order)
    }

    /// The form with the rows of a list in this order; those that it leaves out are gone.
    private func ordered(_ list: String, _ order: [Int]) -> Fields {
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var fields = Fields()
        for (name, value) in pairs {
            guard let (row, rest) = Self.split(name, list) else {
                fields.add(name, value)
                continue
            }
            if let place = places[row] { fields.add("\(list)-\(place)\(rest)", value) }
        }
        return fields
    }
}

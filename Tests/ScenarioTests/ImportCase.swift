import CampaignKit
import Foundation
import ImportValidationWire
import JourneyKit
import Testing
import Wire

/// A file as people send it, and what must come of it; see `Cases/README.md`.
struct ImportCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Step: Decodable, Sendable {
        let target: String
        let file: String
        let encoding: String?
    }

    struct ExpectedRow: Decodable, Sendable {
        let status: String?
        let comment: [String]?
        let cells: [String: String?]?
    }

    struct Acceptable: Decodable, Sendable {
        let run: String?
        let message: [String]?
        let noMessage: [String]?
        let rows: [String: ExpectedRow]?
        let exactly: Int?
        let ready: Int?
        let publishFailed: Int64?
        let records: [String: [String]]?
        let recordsNfc: [String: [String]]?
        let recordsClean: [String]?
    }

    let account: String
    let steps: [Step]
    let acceptAnyOf: [Acceptable]
    private(set) var folder = ""

    private enum CodingKeys: String, CodingKey { case account, steps, acceptAnyOf }

    var testDescription: String { folder.split(separator: "/").suffix(2).joined(separator: "/") }

    private static let names: Set<String> = [
        "account", "note", "control", "steps", "target", "file", "then", "encoding", "accept_any_of", "run", "message",
        "no_message", "rows", "status", "comment", "cells", "exactly", "ready", "publish_failed", "records",
        "records_nfc", "records_clean",
    ]
    /// What is in them is named by fields.
    private static let ofFields: Set<String> = ["cells", "records", "records_nfc"]

    private struct UnknownNames: Error, CustomStringConvertible {
        let description: String
    }

    /// Names that say nothing: a misspelt expectation would expect nothing.
    private static func unknown(in value: Any) -> [String] {
        if let list = value as? [Any] { return list.flatMap(unknown) }
        guard let object = value as? [String: Any] else { return [] }
        return object.flatMap { name, value -> [String] in
            if name == "rows", let rows = value as? [String: Any] { return rows.values.flatMap(unknown) }
            return (names.contains(name) ? [] : [name]) + (ofFields.contains(name) ? [] : unknown(in: value))
        }
    }

    /// All cases beside this file, in their order; throws where one cannot be read, or has names that say nothing.
    static func all() throws -> [ImportCase] {
        let cases = "\(ScenarioStack.root)/Tests/ScenarioTests/Cases"
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let paths = FileManager.default.enumerator(atPath: cases)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix("/expected.json") }.sorted().map { path in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(cases)/\(path)"))
            let unknown = unknown(in: try JSONSerialization.jsonObject(with: data))
            guard unknown.isEmpty else { throw UnknownNames(description: "\(path): \(unknown)") }
            var found = try decoder.decode(ImportCase.self, from: data)
            found.folder = "\(cases)/\(path.dropLast("/expected.json".count))"
            return found
        }
    }
}

extension ImportCase.Acceptable {
    /// What does not hold of an outcome; empty when all does. `values` are the published values of a field.
    func faults(_ outcome: ImportOutcome, _ values: (String) -> [String]) -> [String] {
        var faults: [String] = []
        func expect(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { faults.append(what()) } }
        expect(run.map { $0 == outcome.state } ?? true, "the run is \(outcome.state)")
        for words in message ?? [] { expect(Self.has(outcome.message, words), "the message lacks \(words)") }
        for words in noMessage ?? [] { expect(!outcome.message.contains(words), "the message has \(words)") }
        for (number, row) in rows ?? [:] {
            guard let found = outcome.rows.first(where: { String($0.rowNumber) == number }) else {
                faults.append("there is no row \(number)")
                continue
            }
            faults += row.faults(found)
        }
        expect(exactly.map { $0 == outcome.rows.count } ?? true, "there are \(outcome.rows.count) rows")
        let readyRows = outcome.rows.count { $0.status == "ready_to_publish" }
        expect(ready.map { $0 == readyRows } ?? true, "\(readyRows) rows are ready")
        expect(publishFailed.map { $0 == outcome.publishFailed } ?? true, "\(outcome.publishFailed) were not published")
        for (field, wanted) in records ?? [:] {
            let found = values(field)
            expect(
                found.map { Array($0.unicodeScalars) } == wanted.map { Array($0.unicodeScalars) }, "\(field): \(found)")
        }
        // Texts in Swift are equal that are composed differently.
        for (field, wanted) in recordsNfc ?? [:] { expect(values(field) == wanted, "\(field): \(values(field))") }
        for field in recordsClean ?? [] {
            expect(values(field).allSatisfy { $0 == $0.visible() }, "\(field) holds what nobody sees")
        }
        return faults
    }

    static func has(_ text: String, _ words: String) -> Bool {
        words.split(separator: "|", omittingEmptySubsequences: false).contains {
            $0.isEmpty || text.lowercased().contains($0.lowercased())
        }
    }
}

extension ImportCase.ExpectedRow {
    func faults(_ row: StagingRow) -> [String] {
        var faults: [String] = []
        if let status, status != row.status { faults.append("row \(row.rowNumber) is \(row.status): \(row.comment)") }
        for words in comment ?? [] where !ImportCase.Acceptable.has(row.comment, words) {
            faults.append("row \(row.rowNumber) lacks \(words): \(row.comment)")
        }
        for (field, wanted) in cells ?? [:] {
            let found = row.cells.first { $0.field == field }?.value ?? ""
            if found != wanted ?? "" { faults.append("row \(row.rowNumber), \(field): \(found)") }
        }
        return faults
    }
}

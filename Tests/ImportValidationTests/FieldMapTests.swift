import ImportValidationWire
import RPC
import Records
import Testing
import Wire

@testable import ImportValidationService

/// Kinds of field map: what is refused when a transform map is saved (IMP-05), and what becomes of cells.
@Suite struct FieldMapTests {
    typealias Edit = @Sendable (inout FieldMap) -> Void

    private static func target(_ table: String = "location") throws -> ImportTarget {
        try #require(ImportTarget.named(table))
    }

    private static func columns(_ titles: [(String, String)]) -> [BuilderColumn] {
        titles.map { title, field in
            var column = BuilderColumn()
            (column.title, column.fields) = (title, [field])
            return column
        }
    }

    private static func check(_ table: String = "location") throws -> FieldMapCheck {
        FieldMapCheck(
            target: try target(table),
            columns: columns([("Site", "name"), ("Customer", "account"), ("Nation", "country")]))
    }

    /// A map that cannot be carried out, and what is said of it.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let kind: String
        let says: String
        var edit: Edit = { _ in }
        var testDescription: String { "\(field) \(kind): \(says)" }
    }

    private static let wrongs: [Wrong] = [
        Wrong(field: "id", kind: "copy", says: "cannot be imported"),
        Wrong(field: "name", kind: "guess", says: "there are copy, constant"),
        Wrong(field: "city", kind: "copy", says: "no column"),
        Wrong(field: "city", kind: "copy", says: "no column") { $0.title = "Town" },
        Wrong(field: "city", kind: "constant", says: "needs a text"),
        Wrong(field: "country", kind: "constant", says: "does not take \"Narnia\"") { $0.text = "Narnia" },
        Wrong(field: "country", kind: "constant", says: "takes no title") { ($0.text, $0.title) = ("AT", "Nation") },
        Wrong(field: "country", kind: "copy", says: "takes no text") { $0.text = "AT" },
        Wrong(field: "country", kind: "default", says: "does not take") { $0.text = "Narnia" },
        Wrong(field: "country", kind: "split", says: "separator") { $0.part = 1 },
        Wrong(field: "country", kind: "split", says: "separator") { $0.separator = "," },
        Wrong(field: "country", kind: "split", says: "separator") { ($0.separator, $0.part) = (",", 101) },
        Wrong(field: "country", kind: "value_map", says: "1 to 1,000"),
        Wrong(field: "country", kind: "value_map", says: "twice") {
            $0.values = [Building.value("a", "AT"), Building.value(" A", "DE")]
        },
        Wrong(field: "country", kind: "value_map", says: "does not take") { $0.values = [Building.value("a", "XX")] },
        Wrong(field: "country", kind: "lookup", says: "names no records") { $0.lookupField = "name" },
        Wrong(field: "account", kind: "lookup", says: "cannot be looked up by \"colour\"") {
            $0.lookupField = "colour"
        },
    ]

    @Test(arguments: wrongs) func whatCannotBeCarriedOutIsRefused(_ one: Wrong) throws {
        let problem = try #require(throws: Problem.self) {
            _ = try Self.check().completed([Building.map(one.field, one.kind, one.edit)])
        }
        #expect(problem.reason == "IMP-05" && problem.violations.map(\.field) == ["field_maps"])
        #expect(problem.text.en.contains(one.says), "\(problem.text.en)")
        #expect(!problem.text.ko.isEmpty)
    }

    @Test func aFieldIsMappedOnceAndMandatoryOnesAreFilled() throws {
        let twice = try #require(throws: Problem.self) {
            _ = try Self.check().completed([Building.map("name", "copy"), Building.map("name", "copy")])
        }
        #expect(twice.text.en == "Name is mapped twice.")
        let missing = try #require(throws: Problem.self) {
            _ = try FieldMapCheck(target: Self.target(), columns: Self.columns([("Nation", "country")])).completed([])
        }
        #expect(missing.text.en == "Name is mandatory, and nothing fills it.")
        let maps = try FieldMapCheck(target: Self.target(), columns: []).completed([
            Building.map("name", "constant") { $0.text = "Werk" }
        ])
        #expect(maps.map(\.field) == ["name"])
    }

    // MARK: Cells

    private static func transform(_ maps: [FieldMap], _ table: String = "location") throws -> (
        ImportTarget, RowTransform?
    ) {
        var parts = BuilderState()
        parts.fieldMaps = try check(table).completed(maps)
        let target = try target(table)
        let built = ImportTarget(target, BuiltImport(parts, target))
        return (built, RowTransform(built))
    }

    @Test(arguments: [
        ("Linz, Austria", 2, "Austria"), ("Linz, Austria", -2, "Linz"), ("Linz", 2, ""), ("", 1, ""), (" a ,b", 1, "a"),
        ("a,b,c", -1, "c"), ("a", -2, ""), ("a", -1, ""), (" a ", 1, "a"), ("", -1, ""),
    ])
    func aPartOfACell(text: String, part: Int32, made: String) throws {
        let (target, transform) = try Self.transform([
            Building.map("country", "split") { ($0.separator, $0.part) = (",", part) }
        ])
        let position = try #require(target.position(of: "country"))
        var cells = target.fields.map { _ in "" }
        cells[position] = text
        var faults: [CellFault] = []
        let origins = try #require(transform).apply(to: &cells, &faults) { _ in "C7" }
        #expect(cells[position] == made && faults.isEmpty)
        #expect(origins == (text == made ? [] : [CellOrigin(field: "country", place: "C7", text: text)]))
        #expect(CellOrigin.read(CellOrigin.json(origins)) == origins)
    }

    @Test func copiesAloneAreNoTransform() throws {
        let (target, transform) = try Self.transform([Building.map("account", "lookup") { $0.lookupField = "name" }])
        #expect(transform == nil)
        #expect(try RowTransform(Self.target()) == nil)
        #expect(target.fields.map(\.label.en).prefix(2) == ["Site", "Customer"])
        #expect(target.heads.map { target.fields[$0].name } == ["name", "account", "country"])
    }

    /// What the file says against a cell stands.
    @Test func nothingIsMadeOfACellThatIsWrong() throws {
        let (target, transform) = try Self.transform([
            Building.map("country", "value_map") { $0.values = [Building.value("#N/A", "AT")] }
        ])
        let position = try #require(target.position(of: "country"))
        var cells = target.fields.map { _ in "" }
        cells[position] = "#N/A"
        var faults = [CellFault(kind: .error, field: "country", place: "C2", detail: "#N/A")]
        #expect(try #require(transform).apply(to: &cells, &faults) { _ in "C2" }.isEmpty)
        #expect(cells[position] == "#N/A" && faults.count == 1)
    }
}

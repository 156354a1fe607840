import PlayLauncherWire
import Postgres
import RPC
import Records
import Wire

extension AleChoice: Record {
    public static let storage = Storage<AleChoice>(visibility: .definition, domain: .caller)

    public static let rules: [Rule<AleChoice>] = [
        .check(
            "G-74", field: .dependentCategory,
            Text(
                en: "A subcategory belongs to a category, which itself belongs to none.",
                ko: "하위 범주는 최상위 범주에만 둘 수 있습니다.")
        ) { change, context in
            guard change.changes(.dependentCategory), let parent = change.new.dependentCategory else { return true }
            guard parent != change.new.id else { return false }
            return try context.find(AleChoice.self, parent)?.dependentCategory == nil
        }
    ]

    /// The value under which definition records name a category: `Success planning` is `success_planning` (G-73).
    static func value(ofCategory name: String) -> String {
        String(name.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }
}

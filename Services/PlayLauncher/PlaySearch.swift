import PlayLauncherWire
import RPC
import Records
import Wire

/// The search of play-launcher (G-125): what can be launched and what was, by words of names, titles and descriptions, of
/// what the caller may see.
enum PlaySearch {
    private static let fields = WorkItemFields(
        titles: [DefinitionRecord.Field.title, AleChoice.Field.name], koreanTitles: [FlowRun.Field.titleKo],
        accounts: [FlowRun.Field.account], parents: [FlowRun.Field.engagement],
        people: [FlowRun.Field.requestedBy])

    /// Answers `records.search`.
    static func endpoint(_ database: Database) -> Endpoint {
        RecordSearch(
            database,
            [
                SearchedTable(DefinitionRecord.self, fields, database),
                SearchedTable(FlowRun.self, fields, database),
                SearchedTable(AleChoice.self, fields, database),
                SearchedTable(FlowDefinition.self, fields, database),
            ]
        ).endpoint(PlayLauncherAPI.searchPlayLauncher)
    }
}

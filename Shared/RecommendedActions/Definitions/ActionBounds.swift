/// The bounds of definitions and of what is made of them.
enum ActionBounds {
    /// Of one domain; whoever is shown cards has them read, with those of the domains above.
    static let definitions = 200
    static let recommendations = 50
    static let guidanceSteps = 30
    static let treeSteps = 100
    static let answers = 50
    static let cases = 200
    static let links = 20
    static let labelLength = 200
    static let textLength = 4_000
    static let conditionLength = 2_000
    static let argumentLength = 1_000
    /// Most bytes of a definition as it is stored.
    static let bytes = 64 << 10
    /// Most cards of a record.
    static let cards = 50
    /// Most bytes of the cards of a record, and of a page of definitions: an answer stays below what NATS carries.
    static let answerBytes = 512 << 10
    /// Most bytes of cards within a page.
    static let pageBytes = 128 << 10
    /// Most fields that are said of a new record.
    static let entered = 200
}

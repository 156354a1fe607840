import CustomerSuccessWire
import Foundation
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// The form of a trigger: on which records, when, what it launches with which answers, and as whom.
struct TriggerForm: Sendable {
    /// The answers stand in the form by their questions, under names that begin so.
    private static let answer = "answer-"
    /// The name under which the form says which play its questions are of.
    static let play = "play"
    /// The names of the fields that put a schedule together, and of their button.
    private enum Every: String {
        case period = "every"
        case hour
    }
    static let schedule = "schedule"

    let visit: Visit
    let isNew: Bool
    let trigger: PlayTrigger
    /// The questions of its play; empty where there is none, or it cannot be read.
    var questions: [PlayQuestion] = []
    var names: [String: String] = [:]

    /// The form of a trigger with what it names, asked for at once.
    static func read(_ trigger: PlayTrigger, isNew: Bool, _ visit: Visit) async throws(Problem) -> TriggerForm {
        var form = TriggerForm(visit: visit, isNew: isNew, trigger: trigger)
        let play = visit.form.contains(Self.play) ? visit.form[Self.play] : trigger.definitionRecord ?? ""
        async let asked = Self.questions(of: play, visit)
        var named = RecordNames()
        named.add(trigger, visit.form)
        async let people = Part.of { () async throws(Problem) in
            try await Lookup(visit).names(of: [trigger.actsAs ?? ""], in: User.schema.table)
        }
        form.names = await named.found(visit).merging(people.value ?? [:]) { own, _ in own }
        form.questions = form.answered(await asked)
        return form
    }

    private static func questions(of play: String, _ visit: Visit) async -> [PlayQuestion] {
        guard !play.isEmpty else { return [] }
        var request = DescribePlayRequest()
        request.definitionRecord = play
        return (try? await visit.ask(PlayLauncherAPI.describePlay, request).questions) ?? []
    }

    /// The questions with what is answered so far.
    private func answered(_ questions: [PlayQuestion]) -> [PlayQuestion] {
        let given = try? JSONSerialization.jsonObject(with: Data((trigger.answers ?? "").utf8)) as? [String: Any]
        return questions.map { question in
            var question = question
            // A default of the play is taken anyway.
            question.default = Self.text(given?[question.name])
            return question
        }
    }

    private static func text(_ value: Any?) -> String {
        switch value {
        case let text as String: text
        case let list as [String]: JSONTexts.text(list)
        case let number as NSNumber:
            number.objCType.pointee == CChar(UInt8(ascii: "c")) ? (number.boolValue ? "true" : "false") : "\(number)"
        default: ""
        }
    }

    // MARK: What it is made of

    /// Tables whose records triggers look at: those that plays are launched from, and those that belong to an engagement.
    static var tables: [RecordSchema] {
        Dictionaries.all.filter { schema in
            schema.launchesPlays
                || schema.service == Engagement.schema.service && schema.verbs.contains("list")
                    && schema.field(RiskSignal.Field.engagement.rawValue) != nil
        }
    }

    private func form(_ visit: Visit) -> RecordForm<PlayTrigger> {
        let language = visit.reader.language
        var known = KnownFields()
        known.references = [PlayTrigger.Field.actsAs.rawValue: User.schema.table]
        known.filter = DraftWorld.provider
        known.options = [
            PlayTrigger.Field.sourceTable.rawValue: Self.tables.map { Forms.Option($0.table, $0.label(language)) }
        ]
        return RecordForm(
            [
                .title, .sourceTable, .startsOn, .condition, .schedule, .definitionRecord, .actsAs, .dailyLimit,
                .answers,
            ], visit, isNew: isNew, known: known)
    }

    private var play: PlayForm {
        PlayForm(visit: visit, questions: questions, account: "", prefix: Self.answer)
    }

    /// The visit with the answers as the trigger keeps them. Those to another play than the one that is chosen are left.
    func posted() async throws(Problem) -> Visit {
        var visit = visit
        let was = visit.form["was-\(PlayTrigger.Field.answers.rawValue)"]
        guard !questions.isEmpty else { return visit }
        let given = try await play.answers()
        visit.form = visit.form.with(PlayTrigger.Field.answers.rawValue, given == "{}" ? "" : given)
        if Self.isSame(given, was) { visit.form = visit.form.with(PlayTrigger.Field.answers.rawValue, was) }
        return visit
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        func value(_ text: String) -> NSDictionary? {
            let object = try? JSONSerialization.jsonObject(with: Data((text.isEmpty ? "{}" : text).utf8))
            return object as? NSDictionary
        }
        return value(one) == value(other)
    }

    /// What was posted, and the fields that were changed.
    func record(_ posted: Visit, etag: String) async throws(Problem) -> (PlayTrigger, FieldMask) {
        try await form(posted).record(id: isNew ? "" : trigger.id, etag: etag)
    }

    /// Whether what somebody else has saved meanwhile leaves alone what was changed here.
    func isApart(_ posted: Visit) -> Bool { form(posted).isApart(from: trigger) }

    // MARK: Drawing

    /// The form as templates take it: its fields, the questions of the play, and what puts condition and schedule together.
    func values(
        action: String, refused: Problem?, isTyped: Bool = false, _ shown: Visit? = nil
    ) async throws(Problem) -> Values {
        let drawn = shown ?? visit
        var values = form(drawn).values(
            trigger, names: names, action: action, refused: refused, isTyped: isTyped)
        let answers = PlayTrigger.Field.answers.rawValue
        // The answers stand there as they are kept only where the questions cannot be had.
        let isKept = questions.isEmpty && !(trigger.answers ?? "").isEmpty
        let fields = (values["fields"] as? [Values] ?? []).filter { isKept || !Self.isCalled(answers, $0) }
        let forms = Forms(drawn, showsTyped: isTyped || refused != nil)
        var asked = try await play.fields()
        for place in asked.indices {
            // The record fills in some; which are still open is said when the trigger is turned on.
            asked[place].isRequired = false
        }
        values["fields"] = fields
        values["questions"] = asked.map { forms.values($0, refused: refused) }
        values["play"] = trigger.definitionRecord ?? ""
        values["build"] = builder.fields(refused: refused)
        values["every"] = every
        values["once"] =
            drawn.form["once"].isEmpty ? UUID().uuidString.lowercased() : drawn.form["once"]
        return values
    }

    private static func isCalled(_ name: String, _ field: Values) -> Bool { field["name"] as? String == name }

    /// The condition is put together of the fields of the table that is chosen.
    private var builder: ConditionBuilder {
        let typed = visit.form[PlayTrigger.Field.sourceTable]
        let table = typed.isEmpty ? trigger.sourceTable ?? "" : typed
        return ConditionBuilder(over: Dictionaries.schema(table), visit)
    }

    private static let periods: [(String, Text, String)] = [
        ("day", Text(en: "Every day", ko: "매일"), "* * *"),
        ("workday", Text(en: "Monday to Friday", ko: "월요일~금요일"), "* * 1-5"),
        ("monday", Text(en: "Every Monday", ko: "매주 월요일"), "* * 1"),
        ("month", Text(en: "On the first of the month", ko: "매월 1일"), "1 * *"),
        ("quarter", Text(en: "On the first of the quarter", ko: "매 분기 첫날"), "1 1,4,7,10 *"),
    ]

    private var every: [Values] {
        let forms = Forms(visit)
        let fields = [
            Forms.Field(
                Every.period.rawValue, visit.say("How often", "반복"),
                .choice(Self.periods.map { Forms.Option($0.0, visit.reader($0.1)) })),
            Forms.Field(
                Every.hour.rawValue, visit.say("At which hour (UTC)", "시각(협정 세계시)"),
                .choice((0..<24).map { Forms.Option("\($0)", "\($0):00") })),
        ]
        return fields.map { forms.values($0, refused: nil) }
    }

    /// The form with a condition, or a schedule, put together out of what was chosen.
    func built() throws(Problem) -> Visit {
        var visit = visit
        if visit.form["do"] == ConditionBuilder.action {
            let name = PlayTrigger.Field.condition.rawValue
            visit.form = visit.form.with(name, try builder.added(to: visit.form[name]))
            for part in [ConditionBuilder.Part.field, .comparison, .value] {
                visit.form = visit.form.with(part.rawValue, "")
            }
        } else if let period = Self.periods.first(where: { $0.0 == visit.form[Every.period] }) {
            let hour = Int(visit.form[Every.hour]) ?? 6
            visit.form = visit.form.with(PlayTrigger.Field.schedule.rawValue, "0 \(hour) \(period.2)")
            visit.form = visit.form.with(PlayTrigger.Field.startsOn.rawValue, PlayTrigger.StartsOn.schedule)
        }
        return visit
    }
}

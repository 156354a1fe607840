import OnboardingWire
import PlaybooksWire
import Testing
import Wire

@testable import WorkspaceService

/// What templates see of messages: labels, days, times, counts.
@Suite struct ShownTests {
    private func draw(_ template: String, _ values: Values, _ language: Language = .en) throws -> String {
        let reader = Reader(language: language, zone: ReaderZone("Asia/Seoul"), now: Bench.now)
        let drawn = Drawer.draw("page", of: ["page": try TemplateReader.pieces(of: template)], Shown(values, reader))
        return String(decoding: try #require(drawn), as: UTF8.self)
    }

    private var record: OnboardingCase {
        var record = OnboardingCase()
        record.number = "ALEONB0001001"
        record.state = OnboardingCase.State.active
        record.priority = 2
        record.goLiveDate = "2026-06-01"
        record.updatedAt = Timestamp(seconds: Bench.now.seconds - 180)
        return record
    }

    @Test func aRecordSaysWhatPeopleRead() throws {
        let values: Values = ["case": record]
        #expect(
            try draw("{{case.number}} {{case.stateLabel}} {{case.priorityLabel}}", values)
                == "ALEONB0001001 Active High")
        #expect(try draw("{{case.stateLabel}} {{case.priorityLabel}}", values, .ko) == "활성 높음")
        #expect(
            try draw(
                "{{#case.stateIs.active}}yes{{/case.stateIs.active}}{{#case.stateIs.closed}}no{{/case.stateIs.closed}}",
                values) == "yes")
    }

    @Test func daysAndTimesHaveADistance() throws {
        // Bench.now is 28 May 2026, 20:26:40 UTC: the next day in Seoul.
        let values: Values = ["case": record]
        #expect(try draw("{{case.goLiveDateText}} {{case.goLiveDateDistance}}", values) == "1 Jun 2026 in 4 days")
        #expect(try draw("{{case.goLiveDateText}} {{case.goLiveDateDistance}}", values, .ko) == "2026년 6월 1일 4일 후")
        #expect(
            try draw("{{case.updatedAtText}} {{case.updatedAtDistance}}", values) == "29 May 2026, 05:23 3 minutes ago")
        #expect(try draw("{{#case.goLiveDateLate}}late{{/case.goLiveDateLate}}", values) == "")
    }

    /// Days begin at midnight where the reader lives: what is 47 hours old was not yesterday.
    @Test(arguments: [
        (23, "23 hours ago"), (25, "yesterday"), (29, "yesterday"), (30, "2 days ago"), (47, "2 days ago"),
        (54, "3 days ago"),
    ])
    func daysAreThoseOfTheReader(hours: Int64, text: String) {
        // In Seoul it is half past five in the morning.
        let reader = Reader(language: .en, zone: ReaderZone("Asia/Seoul"), now: Bench.now)
        #expect(reader.distance(Timestamp(seconds: Bench.now.seconds - hours * 3_600)) == text)
    }

    @Test func whatIsEmptyIsLeftOut() throws {
        let item = WorkItem()
        let values: Values = ["number": "outer", "items": [Seen(item, ["href": "/x"])], "none": [Values]()]
        // The number of the item is empty; that of the page around it is not taken for it.
        #expect(try draw("{{#items}}[{{number}}|{{#number}}no{{/number}}|{{href}}]{{/items}}", values) == "[||/x]")
        #expect(try draw("{{#itemsAny}}{{itemsCount}}{{/itemsAny}}{{^noneAny}}none{{/noneAny}}", values) == "1none")
    }

    @Test func aCountSaysWhenThereIsMore() throws {
        var card = OnboardingCard()
        card.count = 1_000
        card.more = true
        #expect(try draw("{{card.countText}}", ["card": card]) == "1,000+")
    }

    @Test func textsOfPlaybooksAreInTheReadersLanguage() throws {
        var stage = PlaybookStage()
        var label = LocalText()
        label.en = "Initial setup"
        label.ko = "초기 설정"
        stage.label = label
        #expect(try draw("{{stage.label}}", ["stage": stage]) == "Initial setup")
        #expect(try draw("{{stage.label}}", ["stage": stage], .ko) == "초기 설정")
    }

    /// A text has no parts: what stands in a section of it is looked for further out. So is what only ends like a value beside one.
    @Test func aTextHidesNothing() throws {
        let values: Values = ["text": "inner", "renderText": "outer", "list": ["a", "b"], "Text": "its own"]
        #expect(try draw("{{#text}}{{.}} {{renderText}}{{/text}}", values) == "inner outer")
        #expect(try draw("{{#list}}{{.}}{{renderText}} {{/list}}{{Text}}", values) == "aouter bouter its own")
        #expect(try draw("{{#textAny}}no{{/textAny}}{{textCount}}{{#nothingAny}}no{{/nothingAny}}", values) == "")
    }

    /// The fields of a message are found by their names, of each kind of message its own.
    @Test func fieldsAreThoseOfTheirMessage() throws {
        var (item, stage) = (WorkItem(), PlaybookStage())
        (item.title, item.table) = ("Install", "lifecycle_task")
        (stage.lane, stage.ended) = ("setup", 3)
        let values: Values = ["items": [item, item], "stages": [stage]]
        for _ in 0..<2 {
            let text = try draw(
                "{{#items}}{{.title}}{{.lane}} {{/items}}{{#stages}}{{.lane}}{{.ended}}{{.title}}{{/stages}}", values)
            #expect(text == "Install Install setup3")
        }
    }

    @Test(arguments: [
        ("ALEONB0001001", "ALEONB0001001"), ("a b&c=d", "a%20b%26c%3Dd"), ("한", "%ED%95%9C"), ("~-._", "~-._"),
        ("", ""),
        ("é\u{301}", "%C3%A9%CC%81"), ("<\">", "%3C%22%3E"),
    ])
    func valuesStandInAddresses(text: String, encoded: String) { #expect(Fields.encoded(text) == encoded) }
}

import Filters
import Testing

@Suite struct FilterMatchingTests {
    @Test(arguments: FilterCases.all)
    func keepsTheRowsOfTheTable(_ example: FilterCases.Case) throws {
        let filter = try Filter.parse(example.filter).check(against: FilterCases.schema, context: FilterCases.context)
        let kept = FilterCases.rows.enumerated().filter { _, row in filter.matches { FilterCases.value(row, $0) } }
        #expect(kept.map { String($0.offset + 1) }.joined() == example.rows)
    }

    @Test func valuesOfAnotherTypeCountAsAbsent() throws {
        let schema = FilterCases.schema
        let equal = try Filter.parse("count = 3").check(against: schema, context: FilterCases.context)
        #expect(!equal.matches { _ in .string("3") })
        let different = try Filter.parse("count != 3").check(against: schema, context: FilterCases.context)
        #expect(different.matches { _ in .string("3") })
    }

    @Test func datesAndDecimalsMayComeAsText() throws {
        let filter = try Filter.parse("due_date = 2024-06-15 amount > 1.05")
            .check(against: FilterCases.schema, context: FilterCases.context)
        #expect(filter.matches { $0 == "due_date" ? .string("2024-06-15") : .string("1.1") })
        #expect(!filter.matches { $0 == "due_date" ? .string("2024-06-15") : .string("1.005") })
        #expect(!filter.matches { _ in .string("") })
    }

    @Test func aServiceIsNobodysReference() throws {
        let context = FilterFacts(nowMicroseconds: 0, subject: "service:play-launcher")
        let mine = try Filter.parse("assigned_to = me()").check(against: FilterCases.schema, context: context)
        let others = try Filter.parse("assigned_to != me()").check(against: FilterCases.schema, context: context)
        for row in FilterCases.rows {
            #expect(!mine.matches { FilterCases.value(row, $0) })
            #expect(others.matches { FilterCases.value(row, $0) })
        }
        #expect(mine.sql(startingAt: 1).text == "FALSE")
    }
}

@Suite struct FilterSQLTextTests {
    private func sql(_ text: String, from n: Int = 1) throws -> (text: String, parameters: [FilterValue]) {
        try Filter.parse(text).check(against: FilterCases.schema, context: FilterCases.context).sql(startingAt: n)
    }

    @Test func parametersAreBoundAndCastFromTheGivenNumber() throws {
        let (text, parameters) = try sql("state = new AND count < 3 OR account.name = 'x; DROP TABLE y'", from: 4)
        #expect(
            text == "(state = $4::text AND (count < $5::bigint OR "
                + "md5(folded(account_name))::uuid = md5($6::text)::uuid))")
        #expect(parameters == [.string("new"), .int(3), .string("x; drop table y")])
    }

    @Test func unknownIsClosedInsideNotOnly() throws {
        #expect(try sql("count = 3").text == "count = $1::bigint")
        #expect(try sql("NOT count = 3").text == "NOT ((count = $1::bigint) IS TRUE)")
        #expect(
            try sql("NOT (count = 3 OR state:*)").text
                == "NOT (((count = $1::bigint) IS TRUE OR (state IS NOT NULL AND state <> '')))")
        #expect(try sql("count != 3").text == "count IS DISTINCT FROM $1::bigint")
        #expect(try sql("").text == "TRUE")
    }

    @Test func orderOfTextIsByBytesAndSearchFolds() throws {
        #expect(try sql("title < M").text == "title COLLATE \"C\" < $1::text COLLATE \"C\"")
        let search = try sql("\"50%_\\\\X\"")
        #expect(search.text == "(folded(number) LIKE $1::text OR folded(title) LIKE $2::text)")
        #expect(search.parameters.first == .string("%50\\%\\_\\\\x%"))
    }

    @Test func parametersAsPostgresText() {
        #expect(FilterValue.null.postgresText == nil)
        #expect(FilterValue.int(-3).postgresText == "-3")
        #expect(FilterValue.timestamp(-1).postgresText == "1969-12-31T23:59:59.999999Z")
        #expect(FilterValue.timestamp(1_718_452_800_123_456).postgresText == "2024-06-15T12:00:00.123456Z")
        #expect(FilterValue.strings(["a", "b\"\\,{}"]).postgresText == "{\"a\",\"b\\\"\\\\,{}\"}")
        #expect(FilterValue.bool(true).postgresText == "true")
    }
}

@Suite struct FilterErrorTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let filter: String
        let code: FilterError.Code
        let position: Int
        /// One of the things expected there.
        let expected: String?
        init(_ filter: String, _ code: FilterError.Code, at position: Int, _ expected: String? = nil) {
            self.filter = filter
            self.code = code
            self.position = position
            self.expected = expected
        }
        var testDescription: String { filter }
    }

    static let refusals = [
        Refusal("state =", .syntax, at: 7, "value"), Refusal("= new", .syntax, at: 0, "field"),
        Refusal("state = new AND", .syntax, at: 15, "a space after AND"),
        Refusal("state = new AND ", .syntax, at: 16, "field"),
        Refusal("AND", .syntax, at: 0, "field"), Refusal("OR x", .syntax, at: 0),
        Refusal("a AND OR b", .syntax, at: 6, "field"),
        Refusal("(state = new", .syntax, at: 12, ")"), Refusal("state = new)", .syntax, at: 11, "end of filter"),
        Refusal("()", .syntax, at: 1, "field"), Refusal("(a)(b)", .syntax, at: 3, "AND"),
        Refusal("a AND(b)", .syntax, at: 5),
        Refusal("NOT(a)", .syntax, at: 3, "a space after NOT"), Refusal("NOT", .syntax, at: 3),
        Refusal("--a", .syntax, at: 1, "field"),
        Refusal("NOT NOT a", .syntax, at: 4), Refusal("a..b", .syntax, at: 2, "field after ."),
        Refusal("a.", .syntax, at: 2),
        Refusal("title = \"abc", .syntax, at: 8, "closing \""), Refusal("title = \"a\\q\"", .syntax, at: 11, "\\\\"),
        Refusal("title = \"\\u00\"", .syntax, at: 10), Refusal("title = \"\\uD800\"", .syntax, at: 10),
        Refusal("title = \"\\u0000\"", .syntax, at: 10), Refusal("title == x", .syntax, at: 7, "value"),
        Refusal("title ! x", .syntax, at: 6), Refusal("title = \"a\".\"b\"", .syntax, at: 8),
        Refusal("a\u{0}b", .syntax, at: 1),
        Refusal("쾨 = = 1", .syntax, at: 4), Refusal("state = (state = new)", .syntax, at: 9, "value of state"),
        Refusal("due_date < days_from_now(3", .syntax, at: 26, ")"),
        Refusal("due_date < days_from_now(3,)", .syntax, at: 27),
        // Words that are keywords in capitals, beside a comparison.
        Refusal("state = new or state = closed", .syntax, at: 12, "OR"),
        Refusal("state = new and active = true", .syntax, at: 12, "AND"),
        Refusal("not state = new", .syntax, at: 0, "NOT"), Refusal("Not (state = new)", .syntax, at: 0, "NOT"),
        Refusal("state = new && active = true", .syntax, at: 12, "AND"),
        Refusal("state = new || active = true", .syntax, at: 12, "OR"),
        Refusal("active = true AND (count = 3 or count = 4)", .syntax, at: 29, "OR"),
        Refusal("count >= - 2", .wrongValue, at: 9, "a whole number"), Refusal("count >= (- 2)", .syntax, at: 11),
        Refusal("count >= -(2)", .unknownFunction, at: 9), Refusal("count = (NOT -2)", .syntax, at: 13),
        Refusal("count >= \u{2212}2", .wrongValue, at: 9), Refusal("count >= (--2)", .syntax, at: 11),
        Refusal("- count = 2", .syntax, at: 1), Refusal("!active = true", .syntax, at: 0),
        Refusal("NOT-active = true", .unknownField, at: 0),
        Refusal("colour = red", .unknownField, at: 0, "state"),
        Refusal("active = true AND assigned.to = x", .unknownField, at: 18, "assigned_to"),
        Refusal("Title = x", .unknownField, at: 0, "title"),
        Refusal("account = x", .unknownField, at: 0, "account.name"),
        Refusal("due_date > tomorrow()", .unknownFunction, at: 11, "today()"), Refusal("me()", .unknownFunction, at: 0),
        Refusal("today() > due_date", .unknownFunction, at: 0), Refusal("sleep(10)", .unknownFunction, at: 0, "me()"),
        Refusal("active > true", .wrongComparator, at: 0, "="), Refusal("state < new", .wrongComparator, at: 0, "!="),
        Refusal("tags = red", .wrongComparator, at: 0, ":"), Refusal("assigned_to >= me()", .wrongComparator, at: 0),
        Refusal("state = open", .wrongValue, at: 8, "in_progress"), Refusal("state = *", .wrongValue, at: 8, "closed"),
        Refusal("priority = 9", .wrongValue, at: 11, "5"), Refusal("count = 1.5", .wrongValue, at: 8, "a whole number"),
        Refusal("count = 9223372036854775808", .wrongValue, at: 8), Refusal("amount = 1,5", .syntax, at: 10),
        Refusal("amount = abc", .wrongValue, at: 9, "a number"), Refusal("amount = NaN", .wrongValue, at: 9),
        Refusal("amount = 1e999", .wrongValue, at: 9), Refusal("active = yes", .wrongValue, at: 9, "true"),
        Refusal("due_date = 2024-02-30", .wrongValue, at: 11, "YYYY-MM-DD"),
        Refusal("due_date = 2023-02-29", .wrongValue, at: 11),
        Refusal("due_date = 2024-13-01", .wrongValue, at: 11), Refusal("due_date = 0000-01-01", .wrongValue, at: 11),
        Refusal("due_date = 2024-6-1", .wrongValue, at: 11),
        Refusal("due_date = now()", .wrongValue, at: 11, "today()"),
        Refusal("due_date = 2024-06-15T12:00:00Z", .wrongValue, at: 11),
        Refusal("created_at > 2024-06-15T25:00:00Z", .wrongValue, at: 13),
        Refusal("created_at > 2024-06-15T12:00:00", .wrongValue, at: 13),
        Refusal("created_at > yesterday", .wrongValue, at: 13),
        Refusal("due_date < days_from_now()", .wrongValue, at: 11),
        Refusal("due_date < days_from_now(1, 2)", .wrongValue, at: 11),
        Refusal("due_date < days_from_now(99999999)", .wrongValue, at: 11),
        Refusal("due_date < today(1)", .wrongValue, at: 11, "no argument"),
        Refusal("assigned_to = ann", .wrongValue, at: 14, "an id (UUID)"), Refusal("title = me()", .wrongValue, at: 8),
        Refusal("title = a*b", .wrongValue, at: 8, "\\*"), Refusal("a*b", .wrongValue, at: 0),
        Refusal("watch_list:ann", .wrongValue, at: 11), Refusal("title = ***", .wrongValue, at: 8),
    ]

    @Test(arguments: refusals)
    func saysWhereAndWhatInstead(_ refusal: Refusal) {
        let error = #expect(throws: FilterError.self) {
            _ = try Filter.parse(refusal.filter).check(against: FilterCases.schema, context: FilterCases.context)
        }
        guard let error else { return }
        #expect(error.code == refusal.code, "\(error)")
        #expect(error.position == refusal.position, "\(error)")
        if let expected = refusal.expected { #expect(error.expected.contains(expected), "\(error)") }
        #expect(!error.english.isEmpty && error.korean != error.english)
    }

    @Test(arguments: [
        ("state = new AND ", "17번째 글자: 여기에 ‘필터의 끝’ 기호나 단어가 올 수 없습니다. 이 위치에 올 수 있는 것: 필드, 값, ("),
        ("(a)(b)", "4번째 글자: 여기에 ‘(’ 기호나 단어가 올 수 없습니다. 이 위치에 올 수 있는 것: AND, OR, 필터의 끝"),
        ("count = 1.5", "9번째 글자: ‘1.5’는 count의 값이 아닙니다. 가능한 값: 정수"),
        ("active > true", "1번째 글자: 'active' 필드에는 ‘>’ 연산자를 쓸 수 없습니다. 가능한 연산자: =, !=, :."),
    ])
    func saysSoInKorean(filter: String, korean: String) {
        let error = #expect(throws: FilterError.self) {
            _ = try Filter.parse(filter).check(against: FilterCases.schema, context: FilterCases.context)
        }
        #expect(error?.korean == korean)
    }

    @Test func boundsHold() throws {
        func code(_ text: String) -> FilterError.Code? {
            do {
                _ = try Filter.parse(text)
                return nil
            } catch { return error.code }
        }
        #expect(code(String(repeating: "a", count: Filter.maximumBytes)) == nil)
        #expect(code(String(repeating: "a", count: Filter.maximumBytes + 1)) == .tooLarge)
        // Bytes are counted, not characters.
        #expect(code(String(repeating: "쾨", count: Filter.maximumBytes / 3 + 1)) == .tooLarge)
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(code(nested(Filter.maximumDepth)) == nil)
        #expect(code(nested(Filter.maximumDepth + 1)) == .tooLarge)
        #expect(code("a = " + String(repeating: "f(", count: 2_000)) == .tooLarge)
        #expect(code(String(repeating: "(", count: 4_000)) == .tooLarge)
        #expect(code(String(repeating: "a ", count: Filter.maximumRestrictions)) == nil)
        #expect(code(String(repeating: "a ", count: Filter.maximumRestrictions + 1)) == .tooLarge)
        #expect(code("a = (" + String(repeating: "a OR ", count: Filter.maximumRestrictions) + "b)") == .tooLarge)
    }

    @Test func aCollectionWithoutTextsCannotBeSearched() {
        let schema = FilterSchema([FilterField("count", .int), FilterField("secret", .string, searchable: false)])
        #expect(throws: FilterError.self) {
            _ = try Filter.parse("ernst").check(against: schema, context: FilterCases.context)
        }
    }
}

@Suite struct FilterRandomTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func noTextBreaksTheParser(seed: UInt64) {
        var generator = FilterGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<5_000 {
            let text = generator.noise()
            do {
                let filter = try Filter.parse(text)
                accepted += 1
                let checked = try filter.check(against: FilterCases.schema, context: FilterCases.context)
                _ = checked.sql(startingAt: 1)
                for row in FilterCases.rows { _ = checked.matches { FilterCases.value(row, $0) } }
            } catch {
                #expect((0...text.unicodeScalars.count).contains(error.position), "\(text)")
            }
        }
        #expect(accepted > 100)
    }

    /// Any prefix and any suffix of a filter is answered with a filter or an error.
    @Test func everyCutOfAFilterIsAnswered() {
        let text = Array(
            "NOT (title:\"a\\u00e9*\" OR due_date<days_from_now( -3 )) -a.b.c!='x' AND state = (new OR closed)")
        for cut in text.indices {
            _ = try? Filter.parse(String(text[..<cut]))
            _ = try? Filter.parse(String(text[cut...]))
        }
    }

    @Test func generatedFiltersAreRight() throws {
        var generator = FilterGenerator(seed: 7)
        for _ in 0..<2_000 {
            let text = generator.filter()
            do {
                let filter = try Filter.parse(text).check(against: FilterCases.schema, context: FilterCases.context)
                // A filter and its negation split every row: the logic is two-valued.
                let negated = try Filter.parse("NOT (\(text))").check(
                    against: FilterCases.schema, context: FilterCases.context)
                let row = generator.row()
                #expect(filter.matches { FilterCases.value(row, $0) } != negated.matches { FilterCases.value(row, $0) })
            } catch {
                Issue.record("\(text): \(error)")
            }
        }
    }
}

@Suite struct OrderByTests {
    private func terms(_ text: String) throws(FilterError) -> [String] {
        try OrderBy.parse(text).check(against: FilterCases.schema).map(\.sql)
    }

    @Test func readsFieldsAndDirections() throws {
        #expect(try terms("priority desc, number") == ["priority DESC", "number COLLATE \"C\""])
        #expect(
            try terms("  dueDate   desc ,createdAt asc,account.name")
                == ["due_date DESC", "created_at", "account_name COLLATE \"C\""])
        #expect(try terms("").isEmpty)
        #expect(try terms("  ").isEmpty)
    }

    @Test(arguments: [
        ("priority down", 9), ("priority desc number", 9), (",", 0), ("priority,", 9), ("colour", 0),
        ("number, tags", 8),
        ("number, number desc", 8), ("due_date, dueDate", 10), ("priority; drop table x", 10),
        ("number,title,count,amount,active,state,priority,notes,due_date", 54),
    ])
    func refuses(_ text: String, _ position: Int) {
        let error = #expect(throws: FilterError.self) { try terms(text) }
        #expect(error?.position == position, "\(String(describing: error))")
    }
}

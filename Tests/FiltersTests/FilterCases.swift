import Filters
import Testing

/// One collection of rows and the filters over it with the rows each keeps. The same table is run in memory and as SQL.
enum FilterCases {
    static let schema = FilterSchema([
        FilterField("number", .string),
        FilterField("reference_key", .string, column: "number", searchable: false, folding: .exact),
        FilterField("serial", .string, column: "number", searchable: false, folding: .capitals),
        FilterField("title", .string),
        FilterField("notes", .string, searchable: false),
        FilterField("count", .int),
        FilterField("amount", .decimal),
        FilterField("active", .bool),
        FilterField("created_at", .timestamp),
        FilterField("due_date", .date),
        FilterField("state", .choice(allowed: ["new", "in_progress", "closed"])),
        FilterField("priority", .intChoice(allowed: [1, 2, 3, 4, 5])),
        FilterField("assigned_to", .reference),
        FilterField("account.name", .string, column: "account_name", searchable: false),
        FilterField("tags", .list),
        FilterField("keys", .list, column: "tags", folding: .exact),
        FilterField("watch_list", .list, sqlType: "uuid"),
    ])

    /// The columns of the table behind the schema: name and type.
    static let columns = [
        ("number", "text"), ("title", "text"), ("notes", "text"), ("count", "integer"), ("amount", "numeric"),
        ("active", "boolean"), ("created_at", "timestamptz"), ("due_date", "date"), ("state", "text"),
        ("priority", "smallint"), ("assigned_to", "uuid"), ("account_name", "text"), ("tags", "text[]"),
        ("watch_list", "uuid[]"),
    ]

    static let ann = "0a6f2c1e-0000-4000-8000-00000000000a"
    static let ben = "0b6f2c1e-0000-4000-8000-00000000000b"
    /// 2024-06-15T12:00:00Z.
    static let now: Int64 = 1_718_452_800_000_000
    static let context = FilterFacts(nowMicroseconds: now, subject: ann)

    /// A row by column name; a missing column is NULL.
    typealias Row = [String: FilterValue]

    static let rows: [Row] = [
        [
            "number": .string("T1"), "title": .string("Ernst Handel go-live"), "notes": .string("50% done_now"),
            "count": .int(3), "amount": .decimal("1863.40"), "active": .bool(true),
            "created_at": .timestamp(now - 1_000_000), "due_date": .date("2024-06-15"), "state": .string("new"),
            "priority": .int(1), "assigned_to": .string(ann), "account_name": .string("Ernst Handel"),
            "tags": .strings(["red", "blue green"]), "watch_list": .strings([ann, ben]),
        ],
        [
            "number": .string("T2"), "title": .string("ernst again"), "notes": .string("back\\slash"),
            "count": .int(-7), "amount": .decimal("-0.5"), "active": .bool(false), "created_at": .timestamp(now),
            "due_date": .date("2024-06-20"), "state": .string("closed"), "priority": .int(4),
            "assigned_to": .string(ben), "account_name": .string("Bon app'"), "tags": .strings([]),
            "watch_list": .strings([]),
        ],
        // Nothing but a number: how absent values behave.
        ["number": .string("T3")],
        [
            "number": .string("T4"), "title": .string(""), "notes": .string("*star* \"quoted\""), "count": .int(0),
            "amount": .decimal("0"), "active": .bool(true), "created_at": .timestamp(0),
            "due_date": .date("1999-12-31"), "state": .string("in_progress"), "priority": .int(5),
            "account_name": .string("쾨니히 주식회사"), "tags": .strings(["Red", "a*b", "100%"]),
        ],
        [
            "number": .string("T5"), "title": .string("Köln Überblick"), "notes": .string("e\u{301} accent"),
            "count": .int(2_147_483_647), "amount": .decimal("1863.4"), "active": .bool(false),
            "created_at": .timestamp(-1), "due_date": .date("2024-02-29"), "state": .string("new"),
            "priority": .int(3), "assigned_to": .string(ann), "account_name": .string("Zebra"),
            "tags": .strings(["blue", "\"q\"", "b\\s"]), "watch_list": .strings([ben]),
        ],
    ]

    /// The value of a field of the schema in a row.
    static func value(_ row: Row, _ field: String) -> FilterValue {
        row[schema.field(named: field)?.column ?? field] ?? .null
    }

    /// Numbers of the rows a filter keeps: "125" is T1, T2 and T5.
    struct Case: Sendable, CustomTestStringConvertible {
        let filter: String
        let rows: String
        init(_ filter: String, _ rows: String) {
            self.filter = filter
            self.rows = rows
        }
        var testDescription: String { filter }
    }

    static let all: [Case] = texts + values + logic

    private static let texts = [
        Case("", "12345"), Case("   ", "12345"), Case("*", "12345"),
        // Texts are equal that look alike, order is by bytes.
        Case("title = \"ernst again\"", "2"), Case("title = 'ernst again'", "2"), Case("title = \"Ernst again\"", "2"),
        Case("title = \" ERNST\\u00A0 ag\\u200Bain\"", "2"), Case("title = \"ernst  again\"", "2"),
        Case("title = \"ernstagain\"", ""), Case("title = \"KO\\u0308LN \\u00FCBERBLICK\"", "5"),
        Case("account.name:\"쾨니히\\u3000주식\"", "4"), Case("reference_key = \"T1\"", "1"),
        Case("reference_key = \"t1\"", ""), Case("reference_key:t", "12345"), Case("reference_key = \"t*\"", ""),
        Case("serial = \"t\\u200B1\"", "1"), Case("serial:t", "12345"), Case("serial != t1", "2345"),
        Case("serial = \"t*\"", "12345"),
        Case("title != \"ernst again\"", "1345"), Case("NOT title = \"ernst again\"", "1345"),
        Case("title = \"\"", "4"), Case("title != \"\"", "1235"), Case("number > T3", "45"),
        Case("number<=\"T2\"", "12"),
        Case("title < \"Z\"", "145"), Case("title >= a", "2"), Case("NOT title < \"Z\"", "23"),
        Case("account.name > \"Bon app'\"", "145"), Case("account.name = \"Zebra\"", "5"),
        Case("account.name = '쾨니히 주식회사'", "4"), Case("account.name : 쾨니히", "4"), Case("account.name:*", "1245"),
        // é as one character is e and an accent; the accent alone is none of them.
        Case("notes = \"é accent\"", "5"), Case("notes = \"e\\u0301 accent\"", "5"), Case("notes:\"\\u0301 ACC\"", ""),
        Case("notes:\"e\\u0301 ACC\"", "5"),
        // Wildcards at the ends; \* is a star.
        Case("title = \"ern*\"", "12"), Case("title = Ern*", "12"), Case("title = \"ernst a*\"", "2"),
        Case("title = \"ernst *\"", "12"), Case("title = \"erns *\"", ""), Case("title = \"*again\"", "2"),
        Case("title = *r*", "125"),
        Case("title = *", "1245"), Case("title = \"*\"", "1245"), Case("title != \"ern*\"", "345"),
        Case("title != *", "3"),
        Case("NOT title = *again", "1345"), Case("notes = \"\\*star\\* *\"", "4"), Case("notes = \"\\*star*\"", "4"),
        Case("notes = \"*%*\"", "1"), Case("notes = \"50_*\"", ""), Case("notes = \"50%*\"", "1"),
        Case("notes = \"*\\\\*\"", "2"), Case("notes = \"*\\\"\"", "4"), Case("title < *", "4"),
        // Has: inside, folded as well.
        Case("title:ERNST", "12"), Case("title:*", "125"), Case("title:\"*\"", "125"), Case("NOT title:*", "34"),
        Case("-title:*", "34"), Case("title:köln", "5"), Case("title:KÖLN", "5"), Case("title:ERN*", "12"),
        Case("title:*AGAIN", "2"), Case("notes:_", "1"), Case("notes:%", "1"), Case("notes:\"\\\\\"", "2"),
        Case("notes:\"\"", "1245"),
        // Bare words search the texts.
        Case("ernst", "12"), Case("ERNST HANDEL", "1"), Case("\"ernst handel\"", "1"), Case("handel ernst", "1"),
        Case("ern*", "12"), Case("*AGAIN", "2"), Case("go-live", "1"), Case("NOT ernst", "345"), Case("-ernst", "345"),
        Case("ernst and handel", "1"), Case("ernst \"or\" state = new", ""),
        Case("t3", "3"), Case("T3 OR again", "23"), Case("done", ""), Case("\"a.b\"", ""), Case("a.b.c", ""),
        Case("'%'", ""),
    ]

    private static let values = [
        Case("count = 3", "1"), Case("count = -7", "2"), Case("count=-7", "2"), Case("count > -7", "145"),
        Case("count < 0", "2"),
        Case("count <= 0", "24"), Case("count >= 2147483647", "5"), Case("count < 9223372036854775807", "1245"),
        Case("count != 3", "2345"), Case("NOT count = 3", "2345"), Case("NOT count != 3", "1"),
        Case("NOT count > 0", "234"),
        Case("count:3", "1"), Case("count:*", "1245"), Case("-count:*", "3"), Case("count = \"3\"", "1"),
        Case("count = +3", "1"),
        Case("amount = 1863.4", "15"), Case("amount = 1863.400", "15"), Case("amount = 18634e-1", "15"),
        Case("amount = 1.8634e3", "15"),
        // A minus before a digit is a number's, with parentheses as without; before anything else it negates.
        Case("amount >= (-0.4)", "145"), Case("amount >= -0.4", "145"), Case("amount = (-0.5 OR 0)", "24"),
        Case("count = (-7 OR 3)", "12"), Case("count >= (-7)", "1245"), Case("count = (-(3) AND -(0))", "235"),
        Case("created_at = (2024-06-15T12:00:00Z OR 1970-01-01)", "24"), Case("state = (-new)", "234"),
        Case("amount < 0", "2"), Case("amount <= -0", "24"), Case("amount > -0.50", "145"),
        Case("amount != 0", "1235"), Case("amount > 1863.39999999999999999999", "15"), Case("amount = 0.0", "4"),
        Case("active = true", "14"), Case("active = false", "25"), Case("active != true", "235"),
        Case("NOT active = true", "235"),
        Case("active:true", "14"), Case("active:*", "1245"), Case("NOT active:*", "3"),
        Case("created_at = 2024-06-15T12:00:00Z", "2"), Case("createdAt = \"2024-06-15T21:00:00+09:00\"", "2"),
        Case("created_at < now()", "145"), Case("created_at >= now()", "2"), Case("created_at <= 1970-01-01", "45"),
        Case("created_at < 1970-01-01T00:00:00.000000Z", "5"), Case("created_at > 2024-06-15T11:59:58.999999Z", "12"),
        Case("created_at = 2024-06-15T11:59:59.000000999Z", "1"), Case("created_at > today()", "12"),
        Case("created_at < days_from_now(-1)", "45"), Case("created_at != now()", "1345"),
        Case("NOT created_at < now()", "23"),
        Case("due_date = 2024-06-15", "1"), Case("due_date = today()", "1"), Case("dueDate < today()", "45"),
        Case("due_date > today()", "2"),
        Case("due_date <= days_from_now(5)", "1245"), Case("due_date < days_from_now( 5 )", "145"),
        Case("due_date = 2024-02-29", "5"),
        Case("due_date > days_from_now(-200) AND due_date < today()", "5"), Case("due_date != 2024-06-15", "2345"),
        Case("due_date:*", "1245"), Case("NOT due_date < today()", "123"), Case("due_date < 9999-12-31", "1245"),
        Case("state = new", "15"), Case("state != new", "234"), Case("state:closed", "2"), Case("state:*", "1245"),
        Case("state = (new OR closed)", "125"), Case("NOT state = (new OR closed)", "34"),
        Case("state:(NOT new)", "234"),
        Case("state != (new OR closed)", "12345"), Case("state = (new closed)", ""),
        Case("priority = 1", "1"), Case("priority < 4", "15"), Case("priority >= 4", "24"),
        Case("priority:(1 OR 5)", "14"),
        Case("assigned_to = \"\(ann)\"", "15"), Case("assignedTo = \(ann)", "15"),
        Case("assigned_to = \(ann.uppercased())", "15"),
        Case("assigned_to = me()", "15"), Case("assigned_to != me()", "234"), Case("NOT assigned_to = me()", "234"),
        Case("assigned_to:me()", "15"), Case("assigned_to:*", "125"), Case("-assigned_to:*", "34"),
        Case("tags:red", "14"), Case("tags:RED", "14"), Case("keys:red", "1"), Case("keys:Re*", "4"),
        Case("tags:re*", "14"),
        Case("tags:\" BLUE  gr\u{200B}een\"", "1"), Case("tags:\"blue green\"", "1"), Case("tags:blue*", "15"),
        Case("tags:*e*", "145"),
        Case("tags:*", "145"), Case("NOT tags:*", "23"), Case("NOT tags:red", "235"), Case("tags:\"a\\*b\"", "4"),
        Case("tags:\"100%\"", "4"), Case("tags:\"*%\"", "4"), Case("tags:'\"q\"'", "5"), Case("tags:\"b\\\\s\"", "5"),
        Case("tags:(red OR blue)", "145"), Case("tags:(red \"blue green\")", "1"), Case("-tags:blue*", "234"),
        Case("watch_list:me()", "1"), Case("watchList:\(ben)", "15"), Case("NOT watch_list:me()", "2345"),
        Case("watch_list:*", "15"),
    ]

    private static let logic = [
        Case("active = true AND state = new", "1"), Case("active = true state = new", "1"),
        Case("active = true OR state = new", "145"),
        // OR binds tighter than AND, and than the AND of a sequence.
        Case("state = closed AND state = new OR state = closed", "2"),
        Case("state = new OR state = closed AND active = false", "25"),
        Case("state = closed state = new OR state = closed", "2"),
        Case("(state = new) OR (state = closed AND active = true)", "15"),
        Case("count > 0 state = new AND active = false", "5"),
        Case("NOT state = new AND active = true", "4"), Case("NOT (state = new AND active = true)", "2345"),
        Case("-(state = new)", "234"),
        Case("NOT (NOT (state = new))", "15"), Case("NOT (count > 0 OR count <= 0)", "3"),
        Case("NOT (count > 0 count < 5)", "2345"),
        Case("( ( state=new ) )", "15"), Case("\tstate\n=\r\nnew ", "15"),
        Case("(ernst OR köln) NOT state = closed", "15"),
        Case("NOT (title:zzz)", "12345"), Case("-amount = 0 -count = 3", "235"),
    ]
}

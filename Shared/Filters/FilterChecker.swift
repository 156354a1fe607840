import Korean
import Wire

/// Turns what a filter says into conditions over the fields of a schema.
struct FilterChecker {
    let schema: FilterSchema
    let context: FilterFacts

    func condition(_ syntax: Syntax) throws(FilterError) -> Condition {
        switch syntax {
        case .all(let parts): return .all(try parts.map { part throws(FilterError) in try condition(part) })
        case .any(let parts): return .any(try parts.map { part throws(FilterError) in try condition(part) })
        case .not(let part): return .not(try condition(part))
        case .restriction(let restriction): return try condition(restriction)
        }
    }

    private func condition(_ restriction: Restriction) throws(FilterError) -> Condition {
        switch (restriction.left, restriction.comparator, restriction.argument) {
        case (.member(let member), let comparator?, let argument?):
            let field = try field(of: member)
            try allow(comparator, on: field, at: member.position)
            return try condition(field, comparator, argument)
        case (.member(let member), _, _):
            return try search(member.literal)
        case (.function(let call), _, _):
            guard FilterFunction(rawValue: call.name) != nil else { throw unknownFunction(call) }
            throw FilterError(
                .unknownFunction, at: call.position, expected: schema.fields.map(\.name),
                "\(call.name)() stands only on the right side of a comparator.",
                "\(call.name)()\(.topic, after: call.name) 비교 연산자의 오른쪽에만 올 수 있습니다.")
        }
    }

    /// A comparator applied to one value, or to each value of `(a OR b)`.
    private func condition(
        _ field: FilterField, _ comparator: Comparator, _ argument: Argument
    ) throws(FilterError) -> Condition {
        switch argument {
        case .literal(let literal): return try condition(field, comparator, literal)
        case .call(let call):
            guard let value = try value(of: call, for: field) else {
                return comparator == .notEqual ? .not(.test(field, .never)) : .test(field, .never)
            }
            if field.kind == .list, case .string(let id) = value { return .test(field, .element(id)) }
            return .test(field, .compare(comparator == .has ? .equal : comparator, value))
        case .composite(let syntax): return try distribute(field, comparator, syntax)
        }
    }

    private func distribute(
        _ field: FilterField, _ comparator: Comparator, _ syntax: Syntax
    ) throws(FilterError) -> Condition {
        switch syntax {
        case .all(let parts):
            return .all(try parts.map { part throws(FilterError) in try distribute(field, comparator, part) })
        case .any(let parts):
            return .any(try parts.map { part throws(FilterError) in try distribute(field, comparator, part) })
        case .not(let part): return .not(try distribute(field, comparator, part))
        case .restriction(let restriction):
            switch (restriction.left, restriction.comparator) {
            case (.member(let member), nil): return try condition(field, comparator, member.literal)
            case (.function(let call), nil): return try condition(field, comparator, .call(call))
            case (.member(let member), _):
                throw .syntax(at: member.position, expected: [.value(of: field.name)], found: .restriction)
            case (.function(let call), _):
                throw .syntax(at: call.position, expected: [.value(of: field.name)], found: .restriction)
            }
        }
    }

    private func condition(
        _ field: FilterField, _ comparator: Comparator, _ literal: Literal
    ) throws(FilterError) -> Condition {
        if comparator == .has, literal.isStar { return .test(field, .present) }
        switch field.kind {
        case .string: return try text(field, comparator, literal)
        case .list where field.sqlType == "uuid":
            guard let id = FilterLiteral.uuid(literal.text) else {
                throw .wrongValue(at: literal.position, literal.text, field: field.name, expected: [.id])
            }
            return .test(field, .element(id))
        case .list: return try element(of: field, literal)
        default:
            let value = try FilterLiteral(field: field, context: context).value(literal)
            return .test(field, .compare(comparator == .has ? .equal : comparator, value))
        }
    }

    /// One of several texts. An id is asked for as it is, so that its index serves.
    private func element(of field: FilterField, _ literal: Literal) throws(FilterError) -> Condition {
        let pattern = try literal.pattern()
        guard case .alike = field.folding else {
            return .test(field, pattern.map { .elementLike($0, isFolded: false) } ?? .element(literal.text))
        }
        if pattern == nil, let id = FilterLiteral.uuid(literal.text) { return .test(field, .element(id)) }
        let whole = Pattern(core: literal.text, anyBefore: false, anyAfter: false)
        return .test(field, .elementLike((pattern ?? whole).folded, isFolded: true))
    }

    private func text(
        _ field: FilterField, _ comparator: Comparator, _ literal: Literal
    ) throws(FilterError) -> Condition {
        switch comparator {
        case .has: return found(in: field, try literal.patternInside())
        case .equal, .notEqual:
            let pattern = try literal.pattern() ?? Pattern(core: literal.text, anyBefore: false, anyAfter: false)
            let test = Condition.test(field, equality(field, pattern))
            return comparator == .equal ? test : .not(test)
        default: return .test(field, .compare(comparator, .string(literal.text)))
        }
    }

    private func equality(_ field: FilterField, _ pattern: Pattern) -> Condition.Test {
        var pattern = pattern
        switch field.folding {
        case .alike: return .alike(pattern.folded)
        case .capitals: pattern.core = pattern.folded.core.uppercased()
        case .exact: break
        }
        return pattern.isWhole ? .compare(.equal, .string(pattern.core)) : .like(pattern, foldsCase: false)
    }

    private func found(in field: FilterField, _ pattern: Pattern) -> Condition {
        field.folding == .exact ? .test(field, .like(pattern, foldsCase: true)) : .test(field, equality(field, pattern))
    }

    private func search(_ literal: Literal) throws(FilterError) -> Condition {
        let pattern = try literal.patternInside()
        if literal.isStar { return .all([]) }
        let searched = schema.fields.filter(\.isSearchable)
        guard !searched.isEmpty else {
            throw FilterError(
                .unknownField, at: literal.position, expected: schema.fields.map(\.name),
                "There is no text to search here; write field = value.",
                "여기에는 검색할 텍스트가 없습니다. 필드 = 값 형식으로 입력하세요.")
        }
        return .any(searched.map { found(in: $0, pattern) })
    }

    // MARK: Names

    private func field(of member: Member) throws(FilterError) -> FilterField {
        if let field = schema.field(named: member.path) { return field }
        throw .unknownField(member.path, at: member.position, in: schema)
    }

    private func allow(_ comparator: Comparator, on field: FilterField, at position: Int) throws(FilterError) {
        let allowed: [Comparator]
        switch field.kind {
        case .string, .int, .decimal, .timestamp, .date, .intChoice: allowed = Comparator.allCases
        case .bool, .choice, .reference: allowed = [.equal, .notEqual, .has]
        case .list: allowed = [.has]
        }
        guard !allowed.contains(comparator) else { return }
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        throw FilterError(
            .wrongComparator, at: position, expected: allowed.map(\.rawValue),
            "\(field.name) cannot be compared with \(comparator.rawValue), only with \(list).",
            "'\(field.name)' 필드에는 ‘\(comparator.rawValue)’ 연산자를 쓸 수 없습니다. 가능한 연산자: \(list).")
    }

    // MARK: Functions

    /// The value of a call; nil when no value of the field can equal it.
    private func value(of call: FunctionCall, for field: FilterField) throws(FilterError) -> FilterValue? {
        guard let function = FilterFunction(rawValue: call.name) else { throw unknownFunction(call) }
        guard function.suits(field.kind) else {
            let suiting = FilterFunction.allCases.filter { $0.suits(field.kind) }.map { "\($0.rawValue)()" }
            let list = suiting.isEmpty ? "-" : suiting.joined(separator: ", ")
            throw FilterError(
                .wrongValue, at: call.position, expected: suiting,
                "\(call.name)() is not a value of \(field.name); functions for it: \(list).",
                "‘\(call.name)()’ 함수는 '\(field.name)' 필드의 값이 아닙니다. 가능한 함수: \(list).")
        }
        let days = try days(of: call, takes: function == .daysFromNow)
        switch function {
        case .me:
            guard let id = FilterLiteral.uuid(context.subject) else { return nil }
            return .string(id)
        case .now: return .timestamp(context.nowMicroseconds)
        case .today, .daysFromNow:
            guard field.kind == .date || function == .today else {
                return .timestamp(context.nowMicroseconds + Int64(days) * Int64(Moment.microsecondsPerDay))
            }
            let today = CivilDate(context.today) ?? CivilDate(microseconds: context.nowMicroseconds)
            let day = today.moved(days: days) ?? today
            return field.kind == .date
                ? .date(day.description) : .timestamp(Int64(day.days) * Int64(Moment.microsecondsPerDay))
        }
    }

    /// The argument of `days_from_now`, 0 for functions without one.
    private func days(of call: FunctionCall, takes: Bool) throws(FilterError) -> Int {
        if !takes, call.arguments.isEmpty { return 0 }
        if takes, call.arguments.count == 1, case .literal(let literal) = call.arguments[0],
            let days = Int(literal.text), abs(days) <= FilterFunction.maximumDays
        {
            return days
        }
        let expected = takes ? FilterToken.days(atMost: FilterFunction.maximumDays) : .noArgument
        throw FilterError(
            .wrongValue, at: call.position, expected: [expected.english],
            "\(call.name)() takes \(expected.english).",
            takes
                ? "\(call.name)()에는 \(expected.korean, .subject) 필요합니다." : "\(call.name)()에는 인수를 쓸 수 없습니다.")
    }

    private func unknownFunction(_ call: FunctionCall) -> FilterError {
        let known = FilterFunction.allCases.map { "\($0.rawValue)()" }
        let list = known.joined(separator: ", ")
        let name = FilterError.shortened(call.name)
        return FilterError(
            .unknownFunction, at: call.position, expected: known, "There is no function \(name)(); there are \(list).",
            "\(name)() 함수는 없습니다. 가능한 함수: \(list).")
    }
}

/// The functions of every schema.
enum FilterFunction: String, CaseIterable {
    case today
    case now
    case daysFromNow = "days_from_now"
    case me

    /// A hundred years either way: more is a mistake, and the sum stays a date Postgres knows.
    static let maximumDays = 36_525

    func suits(_ kind: FilterField.Kind) -> Bool {
        switch self {
        case .today, .daysFromNow: kind == .date || kind == .timestamp
        case .now: kind == .timestamp
        case .me: kind == .reference || kind == .list
        }
    }
}

extension FilterError {
    static func unknownField(_ name: String, at position: Int, in schema: FilterSchema) -> FilterError {
        let fields = schema.fields.map(\.name)
        let list = fields.joined(separator: ", ")
        let shown = shortened(name)
        return FilterError(
            .unknownField, at: position, expected: fields, "There is no field \(shown); there are \(list).",
            "\(shown) 필드는 없습니다. 가능한 필드: \(list).")
    }
}

/// Reads a literal as a value of a field that is neither text nor list.
struct FilterLiteral {
    let field: FilterField
    let context: FilterFacts

    func value(_ literal: Literal) throws(FilterError) -> FilterValue {
        if let value = read(literal.text) { return value }
        throw .wrongValue(at: literal.position, literal.text, field: field.name, expected: expected)
    }

    private func read(_ text: String) -> FilterValue? {
        switch field.kind {
        case .string, .list: .string(text)
        case .int: Int64(text).map(FilterValue.int)
        case .decimal: DecimalText(text).map { .decimal($0.text) }
        case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .timestamp: FilterLiteral.timestamp(text).map(FilterValue.timestamp)
        case .date: CivilDate(text).map { .date($0.description) }
        case .choice(let allowed): allowed.contains(text) ? .string(text) : nil
        case .intChoice(let allowed): Int64(text).flatMap { allowed.contains($0) ? .int($0) : nil }
        case .reference: FilterLiteral.uuid(text).map(FilterValue.string)
        }
    }

    private var expected: [FilterToken] {
        switch field.kind {
        case .string, .list: [.text]
        case .int: [.wholeNumber]
        case .decimal: [.number]
        case .bool: ["true", "false"]
        case .timestamp: ["YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DD"]
        case .date: ["YYYY-MM-DD"]
        case .choice(let allowed): allowed.map { FilterToken($0) }
        case .intChoice(let allowed): allowed.map { FilterToken(String($0)) }
        case .reference: [.id]
        }
    }

    private static func timestamp(_ text: String) -> Int64? {
        if let date = CivilDate(text) { return Int64(date.days) * Int64(Moment.microsecondsPerDay) }
        return Moment.microseconds(text)
    }

    /// The lower-case form of a UUID of 36 characters; nil for anything else.
    static func uuid(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isHyphen = [8, 13, 18, 23].contains(index)
            let isHex = (48...57).contains(byte) || (97...102).contains(byte | 0x20)
            guard isHyphen ? byte == UInt8(ascii: "-") : isHex else { return nil }
        }
        return text.lowercased()
    }
}

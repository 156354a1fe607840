import CJQ

/// Weighs values as trees: what a value holds twice counts twice, as it does for whoever goes through it.
///
/// Questions are those of ``JQPrelude``: a list of a number and the value it is about.
struct JQScales {
    /// Heaviest value of an evaluation: so many values inside it, or 64 times as many bytes of text.
    static let most = 1_000_000
    /// What values grow by without being weighed.
    private static let small = 64

    private enum Answer { case yes, no, tooHeavy }

    private var answer: Answer?
    /// Whether an update has put anything that is not small into a value since the evaluation began.
    private var isTouched = false

    /// Answers a question, which is not consumed.
    mutating func ask(_ question: jv) {
        let value = jv_array_get(jv_copy(question), 1)
        defer { jv_free(value) }
        switch jv_number_value(jv_array_get(jv_copy(question), 0)) {
        case 0: answer = Self.isSmall(value) ? .yes : .no
        case 2:
            if !isTouched { isTouched = !Self.isSmall(value) }
            answer = .yes
        case 3 where !isTouched: answer = .yes
        default: answer = Self.weight(of: value, upTo: Self.most) <= Self.most ? .yes : .tooHeavy
        }
    }

    /// The answer, once; nil when nothing was asked.
    mutating func takeAnswer() -> jv? {
        defer { answer = nil }
        switch answer {
        case .yes: return jv_true()
        case .no: return jv_false()
        case .tooHeavy: return jv_invalid_with_msg(jv_string("a value holds more than \(Self.most) values"))
        case nil: return nil
        }
    }

    private static func isSmall(_ value: jv) -> Bool { weight(of: value, upTo: small) <= small }

    /// How heavy a value is; more than `most` when it is heavier than that, which is told without going on.
    private static func weight(of value: jv, upTo most: Int) -> Int {
        var weight = 0
        // Not by recursion: values may be nested deeper than a thread's stack allows.
        var open = [jv_copy(value)]
        defer { for part in open { jv_free(part) } }
        func add(_ part: jv) {
            switch jv_get_kind(part) {
            case JV_KIND_ARRAY, JV_KIND_OBJECT:
                weight += 1
                open.append(part)
            case JV_KIND_STRING:
                weight += 1 + Int(jv_string_length_bytes(jv_copy(part))) / 64
                jv_free(part)
            default:
                weight += 1
                jv_free(part)
            }
        }
        add(open.removeLast())
        while weight <= most, let whole = open.popLast() {
            defer { jv_free(whole) }
            if jv_get_kind(whole) == JV_KIND_ARRAY {
                for place in 0..<jv_array_length(jv_copy(whole)) {
                    guard weight <= most else { break }
                    add(jv_array_get(jv_copy(whole), place))
                }
            } else {
                var place = jv_object_iter(whole)
                while weight <= most, jv_object_iter_valid(whole, place) != 0 {
                    add(jv_object_iter_key(whole, place))
                    add(jv_object_iter_value(whole, place))
                    place = jv_object_iter_next(whole, place)
                }
            }
        }
        return weight
    }
}

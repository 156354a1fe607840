import CustomerSuccessWire
import Korean
import RPC
import Records
import Wire

/// The values of a request as they are judged: which become rows, and what is wrong with the others.
struct JudgedMeasurements {
    /// Seconds that the clock of a source may be ahead.
    private static let ahead: Int64 = 300
    /// 2000-01-01 in UTC, in seconds since 1970.
    private static let earliest: Int64 = 946_684_800
    /// Bytes of text that the refusals of one answer may have; beyond, they have code and reason alone.
    private static let errorBytes = 256 * 1_024

    /// What a value is about, as far as it says whose the value is.
    struct Subject {
        let account: String?
        let domain: String
        let unit: String?
        /// Of a product: the units of its measures, by their names.
        var units: [String: String] = [:]
    }

    /// The rows to be written.
    private(set) var rows: [Measurement] = []
    /// The place of each row in the request.
    private var places: [Int] = []
    /// Places of values that are in the request already, with the same value, and the row of that.
    private var repeated: [(place: Int, row: Int)] = []
    private var refused: [Int: Problem] = [:]
    private let request: WriteMeasurementsRequest
    private let language: String
    private var sound: [Int] = []

    /// Outcomes and products that values without a fault name.
    let outcomes, products: [String]

    init(_ request: WriteMeasurementsRequest, now: Timestamp, language: String) {
        self.request = request
        self.language = language
        var (outcomes, products): (Set<String>, Set<String>) = ([], [])
        for (index, value) in request.values.enumerated() {
            if let problem = Self.fault(in: value, now: now) {
                refused[index] = problem
                continue
            }
            sound.append(index)
            if value.successOutcome.isEmpty {
                products.insert(value.soldProduct)
            } else {
                outcomes.insert(value.successOutcome)
            }
        }
        (self.outcomes, self.products) = (Array(outcomes), Array(products))
    }

    /// What is wrong with a value by itself; nil when nothing is.
    private static func fault(in value: MeasuredValue, now: Timestamp) -> Problem? {
        func invalid(_ field: Measurement.Field, _ text: Text) -> Problem {
            .broken("G-129", Measurement.self, field: field, text)
        }
        let ids = [value.successOutcome, value.soldProduct].filter { !$0.isEmpty }
        guard ids.count == 1 else {
            return invalid(
                .successOutcome,
                Text(en: "Name an outcome or a sold product.", ko: "성공 결과나 판매 제품 중 하나를 지정하세요."))
        }
        guard Validation.isUUID(ids[0]) else {
            return invalid(
                value.successOutcome.isEmpty ? .soldProduct : .successOutcome,
                Text(en: "The subject must be the id of a record.", ko: "측정 대상은 레코드 ID여야 합니다."))
        }
        if !value.soldProduct.isEmpty || !value.name.isEmpty, let fault = MeasuredText.label.fault(in: value.name) {
            return invalid(.name, fault)
        }
        guard Validation.isDecimal(value.value) else {
            return invalid(
                .value,
                Text(
                    en: "Value must be a decimal number such as 1863.4.", ko: "값은 1863.4와 같은 숫자여야 합니다."))
        }
        if let fault = MeasuredText.unit.fault(in: value.unit) { return invalid(.unit, fault) }
        guard let at = value.measuredAt, (earliest...now.seconds + ahead).contains(at.seconds) else {
            return invalid(
                .measuredAt,
                Text(
                    en: "Measured at must be from the year 2000 on and not in the future.",
                    ko: "측정 일시는 2000년 이후여야 하며 미래일 수 없습니다."))
        }
        return nil
    }

    /// Makes rows of the values whose subjects the caller sees; what is twice in the request counts once.
    mutating func give(subjects: [String: Subject], _ now: Timestamp) throws {
        var first: [Key: Int] = [:]
        var units: [String: [String: String]] = [:]
        for index in sound {
            let value = request.values[index]
            let id = value.successOutcome.isEmpty ? value.soldProduct : value.successOutcome
            guard let subject = subjects[id] else {
                let kind = value.successOutcome.isEmpty ? "sold_product" : SuccessOutcome.schema.table
                refused[index] = Self.unknown(kind, id)
                continue
            }
            let known = units[id]?[value.name] ?? subject.units[value.name] ?? subject.unit
            if let unit = known, !value.unit.isEmpty, unit != value.unit {
                refused[index] = .broken(
                    "G-129", Measurement.self, field: .unit,
                    Text(
                        en: "This is measured in \(unit). Send its values in that unit.",
                        ko: "이 측정 대상의 단위는 \(unit)입니다. 같은 단위로 보내세요."))
                continue
            }
            // Of a measure that is new the first value says the unit.
            if !value.soldProduct.isEmpty, known == nil, !value.unit.isEmpty {
                units[id, default: [:]][value.name] = value.unit
            }
            var row = Measurement()
            (row.id, row.domain, row.account) = (RecordID.make(at: now), subject.domain, subject.account)
            (row.etag, row.createdAt, row.updatedAt) = ("1", now, now)
            row.successOutcome = value.successOutcome.isEmpty ? nil : value.successOutcome
            row.soldProduct = value.soldProduct.isEmpty ? nil : value.soldProduct
            row.name = value.name.isEmpty ? nil : value.name
            row.value = Validation.canonicalDecimal(value.value)
            row.unit = value.unit.isEmpty ? known : value.unit
            row.measuredAt = value.measuredAt
            row.source = request.source
            let key = Key(subject: MeasuredSubject(row), at: value.measuredAt?.microseconds ?? 0)
            if let earlier = first[key] {
                guard rows[earlier].value == row.value else {
                    refused[index] = Self.contradiction
                    continue
                }
                repeated.append((index, earlier))
                continue
            }
            first[key] = rows.count
            rows.append(row)
            places.append(index)
        }
    }

    private struct Key: Hashable {
        let subject: MeasuredSubject
        let at: Int64
    }

    private static func unknown(_ table: String, _ id: String) -> Problem {
        let label =
            table == SuccessOutcome.schema.table
            ? SuccessOutcome.schema.label : Text(en: "Sold product", ko: "판매 제품")
        return .notFound(label, id: id)
    }

    /// Another value stands for the key: neither is overwritten unseen.
    private static let contradiction = Problem.alreadyExists(
        Text(
            en: "Another value is there for this source, subject and time. Delete that one first if it is wrong.",
            ko: "이 출처, 대상, 일시에 다른 값이 이미 있습니다. 그 값이 잘못되었다면 먼저 삭제하세요."),
        reason: "G-129")

    /// What became of each value, given the ids of the rows that were written and of those that were there.
    func response(inserted: Set<String>, known: Set<String>) -> WriteMeasurementsResponse {
        var states = [Int: String](minimumCapacity: request.values.count)
        var problems = refused
        for (row, place) in zip(rows, places) {
            if inserted.contains(row.id) {
                states[place] = "recorded"
            } else if known.contains(row.id) {
                states[place] = "known"
            } else {
                problems[place] = Self.contradiction
            }
        }
        for (place, row) in repeated {
            // Where the first of them contradicts what is there, so do the others.
            if states[places[row]] != nil { states[place] = "known" } else { problems[place] = problems[places[row]] }
        }
        var response = WriteMeasurementsResponse()
        var bytes = 0
        response.results = request.values.indices.map { index in
            var result = MeasurementResult()
            result.index = Int32(clamping: index)
            result.state = states[index] ?? "refused"
            guard let problem = problems[index] else { return result }
            var status = problem.status(language: language)
            bytes +=
                status.message.utf8.count + status.fieldViolations.reduce(0) { $0 + 64 + $1.description.utf8.count }
            if bytes > Self.errorBytes { (status.message, status.fieldViolations) = ("", []) }
            result.error = status
            return result
        }
        let count = { (state: String) in Int32(clamping: response.results.count { $0.state == state }) }
        (response.recorded, response.known, response.refused) = (count("recorded"), count("known"), count("refused"))
        return response
    }
}

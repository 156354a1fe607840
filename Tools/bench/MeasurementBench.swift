import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import RPC
import Records
import TestKit
import Wire

/// 100,000 measurements written in batches (G-129), against COPY of as many rows into the same table.
struct MeasurementBench {
    let stack: BenchStack
    let engagement: Engagement
    let credential: Credential

    /// Rows of a round, outcomes that they are of, and requests at a time: each of its own outcomes, as meters report.
    private static let (rows, outcomes, lanes) = (100_000, 100, 4)
    /// Values of a request: the most that one takes.
    private static let batch = 5_000
    private static let columns = """
        id, revision, created_at, created_by, updated_at, updated_by, domain, success_outcome, account, value, unit, \
        measured_at, source
        """

    func measure() async throws -> Figure {
        let outcomes = try await makeOutcomes()
        let file = "\(stack.folder)/measurements.csv"
        try write(outcomes, to: file)
        var comparison = Comparison()
        // The first round fills caches and plans.
        _ = try await ours(requests(outcomes, "warm"))
        var round = 0
        try await comparison.measure {
            round += 1
            return try await ours(requests(outcomes, "round \(round)"))
        } floor: {
            try await copy(file)
        }
        Figure.rate(
            "\(Self.rows) measurements in batches of \(Self.batch), against COPY", comparison, unit: "/s", atLeast: 0.3
        ).printed()
        // Every lane brings values of every outcome: they wait for each other.
        let shared = try await ours(requests(outcomes, "shared", isShared: true))
        Figure(name: "  lanes that share their outcomes", value: "\(Int(shared)) /s").printed()
        let again = try await ours(requests(outcomes, "shared", isShared: true), isRepeated: true)
        Figure(name: "  the same batches once more", value: "\(Int(again)) /s").printed()
        let usage = try await ours(requests(try await makeProducts(), "usage", ofProducts: true))
        return Figure(name: "  usage of sold products", value: "\(Int(usage)) /s")
    }

    /// Rows a second. The table is empty before, unless all of it is sent once more.
    private func ours(_ requests: [WriteMeasurementsRequest], isRepeated: Bool = false) async throws -> Double {
        if !isRepeated { try await empty() }
        let (connection, credential) = (stack.connection, credential)
        let start = ContinuousClock.now
        let recorded = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<Self.lanes {
                let own = stride(from: lane, to: requests.count, by: Self.lanes).map { requests[$0] }
                group.addTask {
                    let client = Client(NATSTransport(connection))
                    var recorded = 0
                    for request in own {
                        let answer = try await client.call(
                            CustomerSuccessAPI.writeMeasurements, request, as: credential)
                        recorded += Int(isRepeated ? answer.known : answer.recorded)
                    }
                    return recorded
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard recorded == Self.rows else { throw JourneyFailure("\(recorded) measurements were recorded") }
        return Double(Self.rows) / seconds
    }

    private func copy(_ file: String) async throws -> Double {
        try await empty()
        let start = ContinuousClock.now
        try await stack.psql(["-c", "\\copy customer_success.measurement (\(Self.columns)) FROM '\(file)' CSV"])
        return Double(Self.rows) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func empty() async throws {
        try await stack.psql([
            "-c", "TRUNCATE customer_success.measurement", "-c", "DELETE FROM customer_success.product_usage", "-c",
            "CHECKPOINT",
        ])
    }

    /// The requests in the order of their lanes: each lane has a part of the outcomes.
    private func requests(
        _ outcomes: [String], _ source: String, isShared: Bool = false, ofProducts: Bool = false
    ) -> [WriteMeasurementsRequest] {
        let part = isShared ? Self.outcomes : Self.outcomes / Self.lanes
        return (0..<Self.rows / Self.batch).map { number in
            let own = isShared ? outcomes[...] : outcomes[number % Self.lanes * part..<(number % Self.lanes + 1) * part]
            var request = WriteMeasurementsRequest()
            request.source = source
            request.values = (0..<Self.batch).map { place in
                var value = MeasuredValue()
                let subject = own[own.startIndex + place % part]
                if ofProducts {
                    (value.soldProduct, value.name) = (subject, "active users")
                } else {
                    value.successOutcome = subject
                }
                value.value = Self.value(number * Self.batch + place)
                value.measuredAt = Timestamp(
                    seconds: Self.second(
                        (isShared ? number : number / Self.lanes) * Self.batch / part + place / part), nanos: 0)
                return value
            }
            return request
        }
    }

    /// The same rows as the service writes them.
    private func write(_ outcomes: [String], to file: String) throws {
        let now = "2026-01-01T00:00:00Z"
        let (person, made) = (UUID().uuidString.lowercased(), Timestamp(seconds: Self.second(0), nanos: 0))
        let lines = (0..<Self.rows).map { row in
            let time = Timestamp(seconds: Self.second(row / Self.outcomes), nanos: 0).rfc3339
            return [
                RecordID.make(at: made), "1", now, person, now, person, engagement.domain,
                outcomes[row % Self.outcomes], engagement.account ?? "", Self.value(row), "", time, "floor",
            ].joined(separator: ",")
        }
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }

    private static func value(_ number: Int) -> String { "\(1_000 + number % 9_000).\(number % 10)" }

    /// A minute after the other, in 2025.
    private static func second(_ number: Int) -> Int64 { 1_735_689_600 + 60 * Int64(number) }

    /// As many sold products of the account, as customer-success has copies of them.
    private func makeProducts() async throws -> [String] {
        let ids = (0..<Self.outcomes).map { RecordID.derived(from: "measured product \($0)") }
        let rows = ids.map { "('\($0)', '\(engagement.domain)', 1, '\(engagement.account ?? "")', 'Measured')" }
        try await stack.psql([
            "-c",
            "INSERT INTO customer_success.sold_product (id, domain, revision, account, name) "
                + "VALUES \(rows.joined(separator: ", ")) ON CONFLICT DO NOTHING",
        ])
        return ids
    }

    private func makeOutcomes() async throws -> [String] {
        let client = Client(NATSTransport(stack.connection))
        var objective = CreateSuccessObjectiveRequest()
        var draft = SuccessObjective()
        (draft.engagement, draft.title, draft.description) = (engagement.id, "Measured", "By a meter")
        objective.successObjective = draft
        let parent = try await client.call(CustomerSuccessAPI.createSuccessObjective, objective, as: credential)
        var request = BatchCreateSuccessOutcomesRequest()
        request.successOutcomes = (0..<Self.outcomes).map { number in
            var outcome = SuccessOutcome()
            (outcome.successObjective, outcome.title, outcome.description) = (
                parent.id, "Outcome \(number)", "Measured"
            )
            return outcome
        }
        let answer = try await client.call(CustomerSuccessAPI.batchCreateSuccessOutcomes, request, as: credential)
        guard answer.failed == 0 else { throw JourneyFailure("\(answer.failed) outcomes were not made") }
        return answer.results.map(\.id)
    }
}

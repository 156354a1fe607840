import JourneyKit
import NATS
import RPC
import Records
import Wire

/// One tenant alone, and beside another that sends sixteen times as much.
struct NoiseBench {
    let data: ScaleData
    /// Requests the quiet tenant keeps in flight.
    private static let quiet = 4
    private static let times = 16

    init(data: ScaleData) { self.data = data }

    func measure() async throws -> [Figure] {
        let quiet = try await requests(of: 1)
        let noisy = try await requests(of: 2)
        var alone = Latencies()
        var beside = Latencies()
        for round in 0...3 {
            let before = try await Latencies.measured(inFlight: Self.quiet, seconds: 3, quiet)
            async let noise = Latencies.measured(inFlight: Self.quiet * Self.times, seconds: 3, noisy)
            let during = try await Latencies.measured(inFlight: Self.quiet, seconds: 3, quiet)
            _ = try await noise
            guard round > 0 else { continue }
            alone.add(before)
            beside.add(during)
        }
        return [50.0, 99.0].map { percent in
            .latency(
                "quiet tenant beside a noisy one, p\(Int(percent))", beside.percentile(percent),
                floor: alone.percentile(percent), atMost: 2)
        }
    }

    /// What people of a customer's team do: a list, a record, a new touchpoint.
    private func requests(of customer: Int) async throws -> @Sendable () async throws -> Void {
        let client = Client(NATSTransport(data.stack.connection))
        let credential = try data.credential("00000000-0000-4000-8000-000000000001", try data.customer(customer))
        var list = ListRequest()
        list.filter = "active = true"
        list.pageSize = 20
        let request = list
        var engagements = ListRequest()
        engagements.pageSize = 100
        let ids = try await client.call(CustomerSuccessAPI.listEngagements, engagements, as: credential).engagements
            .map(\.id)
        return {
            let page = try await client.call(CustomerSuccessAPI.listTouchpoints, request, as: credential)
            var get = GetRequest()
            get.id = page.touchpoints.randomElement()?.id ?? ""
            _ = try await client.call(CustomerSuccessAPI.getTouchpoint, get, as: credential)
            var creation = CreateTouchpointRequest()
            creation.touchpoint = .weekly(of: ids.randomElement() ?? "")
            _ = try await client.call(CustomerSuccessAPI.createTouchpoint, creation, as: credential)
        }
    }
}

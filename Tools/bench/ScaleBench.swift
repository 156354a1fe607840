import CustomerSuccessWire
import JourneyKit
import NATS
import RPC
import Records
import Tenancy
import Wire

/// The same requests against a database of 10,000 touchpoints and one of 1,000,000, with 16 in flight: what one person
/// asks for must not cost more because there are others.
struct ScaleBench {
    private let small: ScaleRequests
    private let large: ScaleRequests

    /// Both stacks run side by side and are asked in turns, so that a change of the machine's mood touches both.
    static func measure() async throws {
        try await ScaleData.using(domains: 10) { small in
            try await ScaleData.using(domains: 1_000) { large in
                let bench = ScaleBench(small: try await ScaleRequests(small), large: try await ScaleRequests(large))
                for figure in try await bench.figures() { figure.printed() }
                for figure in try await NoiseBench(data: large, control: small).measure() { figure.printed() }
            }
        }
    }

    private func figures() async throws -> [Figure] { try await Self.figures(zip(large.all, small.all)) }

    /// How long each request takes in a large database, against the same in a small one.
    static func figures(
        _ requests: some Sequence<(ScaleRequests.Request, ScaleRequests.Request)>
    ) async throws -> [Figure] {
        var figures: [Figure] = []
        for (asked, reference) in requests {
            let percents = [50.0, 99.0]
            var times = percents.map { _ in Comparison() }
            // The first round fills caches and plans.
            for round in 0...Comparison.rounds {
                let some = try await Latencies.measured(inFlight: 16, seconds: 2, reference.send)
                let many = try await Latencies.measured(inFlight: 16, seconds: 2, asked.send)
                guard round > 0 else { continue }
                for (index, percent) in percents.enumerated() {
                    times[index].add(many.percentile(percent), floor: some.percentile(percent))
                }
            }
            for (percent, times) in zip(percents, times) {
                figures.append(.time("\(asked.name), p\(Int(percent))", times, atMost: 1.5))
            }
        }
        return figures
    }
}

/// What is asked of a database of some size.
struct ScaleRequests {
    /// One kind of request.
    struct Request: Sendable {
        let name: String
        let send: @Sendable () async throws -> Void
    }

    let all: [Request]

    init(_ data: ScaleData) async throws {
        let client = Client(NATSTransport(data.stack.connection))
        let managers = try await data.managers(min(100, data.domains))
        let touchpoints = try await data.touchpointIDs(5_000)
        let engagements = try await data.openEngagementIDs(1_000)
        @Sendable func call<Asked: Message, Answer: Message>(
            _ method: Wire.Method<Asked, Answer>, _ request: Asked
        ) async throws -> Answer {
            try await client.call(method, request, as: managers.randomElement())
        }
        var first = ListRequest()
        first.filter = "active = true AND meeting_date >= today()"
        first.pageSize = 50
        let firstPage = first
        var hundredth = firstPage
        for _ in 1..<100 {
            hundredth.pageToken = try await call(CustomerSuccessAPI.listTouchpoints, hundredth).nextPageToken
        }
        let hundredthPage = hundredth
        guard !hundredthPage.pageToken.isEmpty else { throw JourneyFailure("the list has no hundredth page") }
        var own = ListRequest()
        own.filter = "assigned_to = me() AND active = true"
        own.orderBy = "due_date"
        own.pageSize = 50
        let ownOpen = own
        all = [
            Request(name: "get a touchpoint") {
                var get = GetRequest()
                get.id = touchpoints.randomElement() ?? ""
                _ = try await call(CustomerSuccessAPI.getTouchpoint, get)
            },
            Request(name: "filtered list, first page") {
                _ = try await call(CustomerSuccessAPI.listTouchpoints, firstPage)
            },
            Request(name: "filtered list, hundredth page") {
                _ = try await call(CustomerSuccessAPI.listTouchpoints, hundredthPage)
            },
            Request(name: "own open touchpoints by due date") {
                _ = try await call(CustomerSuccessAPI.listTouchpoints, ownOpen)
            },
            Request(name: "landing page") {
                _ = try await call(CustomerSuccessAPI.getLandingPage, GetLandingPageRequest())
            },
            Request(name: "engagement page") {
                var page = GetEngagementPageRequest()
                page.id = engagements.randomElement() ?? ""
                _ = try await call(CustomerSuccessAPI.getEngagementPage, page)
            },
            Request(name: "create a touchpoint with all rules") {
                var creation = CreateTouchpointRequest()
                creation.touchpoint = .weekly(of: engagements.randomElement() ?? "")
                _ = try await call(CustomerSuccessAPI.createTouchpoint, creation)
            },
        ]
    }
}

extension Touchpoint {
    /// A touchpoint as somebody would enter it.
    static func weekly(of engagement: String) -> Touchpoint {
        var touchpoint = Touchpoint()
        touchpoint.engagement = engagement
        touchpoint.subject = "Weekly check-in"
        touchpoint.description = "What went well, what did not, what is next."
        touchpoint.meetingType = "weekly_status"
        touchpoint.meetingDate = "2027-02-01"
        return touchpoint
    }
}

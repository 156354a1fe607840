import CustomerSuccessWire
import Foundation
import JourneyKit
import NATS
import RPC
import Records
import Wire

/// One tenant alone, and beside another that sends sixteen times as much.
struct NoiseBench {
    /// How much a tenant sends.
    enum Load: String, CaseIterable {
        /// So many requests a second: 20 of the quiet tenant, 320 of the noisy one.
        case rate
        /// So many requests in flight, each followed by the next at once: 1 and 16. The noisy tenant takes all the
        /// machine has.
        case flood

        var title: String {
            switch self {
            case .rate: "quiet tenant, 16 times as much beside it"
            case .flood: "quiet tenant, a flood beside it"
            }
        }

        func measured(
            times: Int, seconds: Double, _ request: @escaping @Sendable () async throws -> Void
        ) async throws -> Latencies {
            switch self {
            case .rate: try await .paced(perSecond: 20 * times, seconds: seconds, request)
            case .flood: try await .measured(inFlight: times, seconds: seconds, request)
            }
        }
    }

    let data: ScaleData
    private static let times = 16

    func measure() async throws -> [Figure] {
        let tenant = try await Tenant(
            Client(NATSTransport(data.stack.connection)),
            token: data.token("00000000-0000-4000-8000-000000000001", data.customer(1)))
        var figures: [Figure] = []
        for load in Load.allCases { figures += try await measure(load, tenant) }
        return figures
    }

    private func measure(_ load: Load, _ quiet: Tenant) async throws -> [Figure] {
        var alone = Latencies()
        var beside = Latencies()
        for round in 0...3 {
            let before = try await load.measured(times: 1, seconds: 8, quiet.request)
            let noise = try startNoise(load)
            let during = try await load.measured(times: 1, seconds: 8, quiet.request)
            noise.terminate()
            noise.waitUntilExit()
            // The first round fills caches and plans.
            guard round > 0 else { continue }
            alone.add(before)
            beside.add(during)
        }
        return [50.0, 99.0].map { percent in
            let name = "\(load.title), p\(Int(percent))"
            let (value, floor) = (beside.percentile(percent), alone.percentile(percent))
            return load == .rate
                ? .latency(name, value, floor: floor, atMost: 2) : .reported(name, value, floor: floor)
        }
    }

    /// The noisy tenant is a program of its own, as another tenant's would be: what it costs to be noisy is not on the
    /// quiet one's account.
    private func startNoise(_ load: Load) throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = ["noise", data.stack.folder, load.rawValue]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["ALE_TOKEN": try data.token("00000000-0000-4000-8000-000000000002", data.customer(2))]) { $1 }
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// The program of the noisy tenant: goes on until it is told to stop, for a minute at most.
    static func makeNoise(_ folder: String, _ load: Load) async throws {
        let connection = try await BenchStack.connect(folder)
        let tenant = try await Tenant(
            Client(NATSTransport(connection)), token: ProcessInfo.processInfo.environment["ALE_TOKEN"] ?? "")
        _ = try await load.measured(times: times, seconds: 60, tenant.request)
        await connection.close()
    }
}

/// What people of a customer's team do, one or the other at random: a list, a record, a new touchpoint.
struct Tenant: Sendable {
    let request: @Sendable () async throws -> Void

    init(_ client: Client, token: String) async throws {
        let credential = Credential.token(token)
        var all = ListRequest()
        all.pageSize = 100
        let engagements = try await client.call(CustomerSuccessAPI.listEngagements, all, as: credential).engagements
        let touchpoints = try await client.call(CustomerSuccessAPI.listTouchpoints, all, as: credential).touchpoints
        let engagementIDs = engagements.map(\.id)
        let touchpointIDs = touchpoints.map(\.id)
        var open = ListRequest()
        open.filter = "active = true"
        open.pageSize = 20
        let list = open
        request = {
            switch Int.random(in: 0..<3) {
            case 0: _ = try await client.call(CustomerSuccessAPI.listTouchpoints, list, as: credential)
            case 1:
                var get = GetRequest()
                get.id = touchpointIDs.randomElement() ?? ""
                _ = try await client.call(CustomerSuccessAPI.getTouchpoint, get, as: credential)
            default:
                var creation = CreateTouchpointRequest()
                creation.touchpoint = .weekly(of: engagementIDs.randomElement() ?? "")
                _ = try await client.call(CustomerSuccessAPI.createTouchpoint, creation, as: credential)
            }
        }
    }
}

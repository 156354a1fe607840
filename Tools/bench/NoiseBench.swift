import CustomerSuccessWire
import Foundation
import JourneyKit
import NATS
import RPC
import Records
import TestKit
import Wire

/// One tenant alone, and beside another that sends sixteen times as much.
struct NoiseBench {
    /// How much a tenant sends.
    enum Amount: String, CaseIterable {
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

    /// Where the quiet tenant and the noisy one are.
    let data: ScaleData
    /// The same system once more on the same machine, with the quiet tenant alone: what the noise does to it, it does to the
    /// machine.
    let control: ScaleData
    private static let times = 16

    func measure() async throws -> [Figure] {
        let tenants = (try await quiet(data), try await quiet(control))
        var figures: [Figure] = []
        for amount in Amount.allCases { figures += try await measure(amount, tenants.0, tenants.1) }
        return figures
    }

    private func quiet(_ data: ScaleData) async throws -> Tenant {
        try await Tenant(
            Client(NATSTransport(data.stack.connection)),
            token: data.token("00000000-0000-4000-8000-000000000001", data.customer(1)))
    }

    /// How much longer the quiet tenant waits when the noisy one is there, against how much longer it waits where that one
    /// is not.
    private func measure(_ amount: Amount, _ quiet: Tenant, _ control: Tenant) async throws -> [Figure] {
        let percents = [50.0, 99.0]
        var growth = percents.map { _ in Comparison() }
        var times = percents.map { _ in Comparison() }
        // The first round fills caches and plans.
        for round in 0...Comparison.rounds {
            let before = try await both(amount, quiet, control)
            let noise = try startNoise(amount)
            let during = try await both(amount, quiet, control)
            noise.terminate(SIGTERM)
            guard round > 0 else { continue }
            for (index, percent) in percents.enumerated() {
                let (now, then) = (during.map { $0.percentile(percent) }, before.map { $0.percentile(percent) })
                growth[index].add(now[0] / then[0], floor: now[1] / then[1])
                times[index].add(now[0], floor: then[0])
            }
        }
        return percents.indices.flatMap { index -> [Figure] in
            let name = "\(amount.title), p\(Int(percents[index]))"
            return [
                .time(name, times[index]), .growth("  growth, against that of the control", growth[index], atMost: 1.3),
            ]
        }
    }

    /// Both quiet tenants at the same time, so that the same moments of the machine are measured.
    private func both(_ amount: Amount, _ quiet: Tenant, _ control: Tenant) async throws -> [Latencies] {
        async let first = amount.measured(times: 1, seconds: 8, quiet.request)
        async let second = amount.measured(times: 1, seconds: 8, control.request)
        return try await [first, second]
    }

    /// The noisy tenant is a program of its own, as another tenant's would be: what it costs to be noisy is not on the
    /// quiet one's account.
    private func startNoise(_ amount: Amount) throws -> ChildProcess {
        let token = try data.token("00000000-0000-4000-8000-000000000002", data.customer(2))
        let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return try ChildProcess(
            "env", ["ALE_TOKEN=\(token)", program, "noise", data.stack.folder, amount.rawValue],
            log: "\(data.stack.folder)/noise.log")
    }

    /// The program of the noisy tenant: goes on until it is told to stop, for a minute at most.
    static func makeNoise(_ folder: String, _ amount: Amount) async throws {
        let connection = try await BenchStack.connect(folder)
        let tenant = try await Tenant(
            Client(NATSTransport(connection)), token: ProcessInfo.processInfo.environment["ALE_TOKEN"] ?? "")
        _ = try await amount.measured(times: times, seconds: 60, tenant.request)
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

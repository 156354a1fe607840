import Foundation
import JourneyKit
import NATS
import RPC
import Records
import Wire

/// One tenant alone, and beside another that sends sixteen times as much.
struct NoiseBench {
    let data: ScaleData
    /// Requests the noisy tenant keeps in flight; the quiet one has a single one.
    private static let times = 16

    func measure() async throws -> [Figure] {
        let load = try await TenantLoad(
            Client(NATSTransport(data.stack.connection)),
            token: data.token("00000000-0000-4000-8000-000000000001", data.customer(1)))
        var alone = Latencies()
        var beside = Latencies()
        for round in 0...4 {
            let before = try await Latencies.measured(inFlight: 1, seconds: 4, load.request)
            let noise = try startNoise()
            let during = try await Latencies.measured(inFlight: 1, seconds: 4, load.request)
            noise.terminate()
            noise.waitUntilExit()
            // The first round fills caches and plans.
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

    /// The noisy tenant is a program of its own, as another tenant's would be: what it costs to be noisy is not on the
    /// quiet one's account.
    private func startNoise() throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = ["noise", data.stack.folder, "\(Self.times)"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["ALE_TOKEN": try data.token("00000000-0000-4000-8000-000000000002", data.customer(2))]) { $1 }
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// The program of the noisy tenant: goes on until it is told to stop.
    static func makeNoise(_ folder: String, inFlight: Int) async throws {
        let connection = try await BenchStack.connect(folder)
        let load = try await TenantLoad(
            Client(NATSTransport(connection)), token: ProcessInfo.processInfo.environment["ALE_TOKEN"] ?? "")
        _ = try await Latencies.measured(inFlight: inFlight, seconds: 60, load.request)
        await connection.close()
    }
}

/// What people of a customer's team do, one after another: a list, a record, a new touchpoint.
struct TenantLoad: Sendable {
    let request: @Sendable () async throws -> Void

    init(_ client: Client, token: String) async throws {
        let credential = Credential.token(token)
        var all = ListRequest()
        all.pageSize = 100
        let engagements = try await client.call(CustomerSuccessAPI.listEngagements, all, as: credential).engagements
        let ids = engagements.map(\.id)
        var open = ListRequest()
        open.filter = "active = true"
        open.pageSize = 20
        let list = open
        request = {
            let page = try await client.call(CustomerSuccessAPI.listTouchpoints, list, as: credential)
            var get = GetRequest()
            get.id = page.touchpoints.randomElement()?.id ?? ""
            _ = try await client.call(CustomerSuccessAPI.getTouchpoint, get, as: credential)
            var creation = CreateTouchpointRequest()
            creation.touchpoint = .weekly(of: ids.randomElement() ?? "")
            _ = try await client.call(CustomerSuccessAPI.createTouchpoint, creation, as: credential)
        }
    }
}

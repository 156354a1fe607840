import Foundation
import JourneyKit
import RPC
import Wire

/// Prints what the system costs, each figure against a floor measured in the same run.
///
/// `bench` measures everything; `bench requests`, `bench scale` and `bench tenants` only that part.
@main
struct Main {
    static func main() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == "noise", arguments.count == 3 {
                return try await NoiseBench.makeNoise(arguments[1], inFlight: Int(arguments[2]) ?? 1)
            }
            let parts = arguments.isEmpty ? ["requests", "scale", "tenants"] : arguments
            Figure.header()
            for part in parts {
                switch part {
                case "requests": try await requests()
                case "scale": try await ScaleBench.measure()
                case "tenants": try await tenants()
                default: throw JourneyFailure("there is no part \(part): requests, scale, tenants")
                }
            }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func requests() async throws {
        let stack = try await BenchStack.start("requests")
        do {
            try await measure(stack)
            await stack.stop()
        } catch {
            await stack.stop()
            throw error
        }
    }

    private static func tenants() async throws {
        let data = try await ScaleData.start(domains: 10)
        do {
            for figure in try await NoiseBench(data: data).measure() { figure.printed() }
            await data.stack.stop()
        } catch {
            await data.stack.stop()
            throw error
        }
    }

    private static func measure(_ stack: BenchStack) async throws {
        for figure in try await StartBench.measure(stack) { figure.printed() }
        let samples = "\(BenchStack.root)/Samples"
        let journey = Journey(stack.world())
        try await journey.run(
            [JourneyWorkbook(path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4)],
            mailDirectory: nil)
        let requests = RequestBench(
            stack: stack, engagement: journey.engagement, touchpoint: journey.touchpoint,
            credential: try journey.credential(.successManager))
        try await requests.read().printed()
        try await requests.create().printed()
        try await CodecBench.measure(journey.engagement, folder: stack.folder).printed()
        let fresh = Journey(stack.world())
        try await fresh.meetPeople()
        try await fresh.openAccount()
        try await fresh.seeCaseAndTasks()
        for figure in try await ImportBench(stack: stack, journey: fresh).measure() { figure.printed() }
    }
}

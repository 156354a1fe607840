import Foundation
import JourneyKit
import RPC
import Wire

/// Prints what the system costs, each figure against a floor measured in the same run.
@main
struct Main {
    static func main() async {
        do {
            let stack = try await BenchStack.start()
            do {
                try await measure(stack)
                await stack.stop()
            } catch {
                await stack.stop()
                throw error
            }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func measure(_ stack: BenchStack) async throws {
        Figure.header()
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

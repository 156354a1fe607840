import Flows
import Testing

@testable import PlayLauncherService

/// What ships may be ahead of the services it calls; none is.
@Suite struct ShippedMethodTests {
    @Test func allCallWhatServicesDeclare() throws {
        let ahead = try PlaySeed.entries.filter { entry in
            let flow = try FlowSource.compile(yaml: try #require(PlaySeed.yaml(entry.flow)))
            return !flow.methods.allSatisfy(FlowMethod.exists)
        }
        #expect(ahead.map(\.flow) == [])
    }
}

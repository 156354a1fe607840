import CustomerSuccessWire
import Testing

@testable import Records

/// The statements that create records together.
@Suite struct CreationLayoutTests {
    /// Who writes, when, in which domain and under which trace is sent once for all records.
    @Test func whatRecordsHaveInCommonIsSentOnce() {
        let layout = TableLayout<TestTouchpoint>()
        let one = layout.atOnce.statement(of: 1).parameters.count
        let more = layout.atOnce.statement(of: 25).parameters.count
        // Its own columns, and id, record and payload of its event.
        let each = (more - one) / 24
        #expect(more == one + 24 * each)
        #expect(each == layout.columns.count - 5 + 3)
        #expect(layout.atOnce.values(TestTouchpoint()).count == each - 3)
        #expect(layout.atOnce.statement(of: 25) == layout.atOnce.statement(of: 25))
    }
}

import CustomerSuccessWire
import OnboardingWire
import Testing
import Wire

@testable import WorkspaceService

/// Lists of any table are read by one form, and their values by the names of fields.
@Suite struct ListAnswerTests {
    private var cases: ListOnboardingCasesResponse {
        var (record, list) = (OnboardingCase(), ListOnboardingCasesResponse())
        (record.id, record.etag, record.number, record.priority) = ("018f", "7", "ALEONB0000001", 2)
        (record.goLiveDate, record.productsCustomerVisible) = ("2026-06-01", true)
        record.updatedAt = Bench.now
        (list.onboardingCases, list.nextPageToken, list.totalSize) = ([record, OnboardingCase()], "next", 12)
        return list
    }

    @Test func theAnswerOfAnyListIsRead() throws {
        let read = try ListAnswer<OnboardingCase>.decode(protobuf: try cases.encodeProtobuf())
        #expect(read.records == cases.onboardingCases && read.next == "next")
        var touchpoints = ListTouchpointsResponse()
        touchpoints.touchpoints = [Touchpoint()]
        let other = try ListAnswer<Touchpoint>.decode(protobuf: try touchpoints.encodeProtobuf())
        #expect(other.records.count == 1 && other.next.isEmpty)
        #expect(try ListAnswer<Touchpoint>.decode(protobuf: []).records.isEmpty)
    }

    @Test(arguments: [[0x0A], [0x0A, 0x05, 0x01], [0x0B], [0x0A, 0x01, 0xFF]] as [[UInt8]])
    func whatIsNoAnswerIsRefused(bytes: [UInt8]) {
        #expect(throws: WireError.self) { try ListAnswer<OnboardingCase>.decode(protobuf: bytes) }
    }

    /// As people and addresses have them: by the name of the proto or of JSON, nothing where there is nothing.
    @Test func valuesAreReadByTheirNames() {
        let row = ListedRecords.Row(cases.onboardingCases[0])
        #expect(row["id"] == "018f" && row["etag"] == "7" && row["number"] == "ALEONB0000001")
        #expect(row["priority"] == "2" && row["goLiveDate"] == "2026-06-01" && row["go_live_date"] == "2026-06-01")
        #expect(row["products_customer_visible"] == "true" && row["updatedAt"] == Bench.now.rfc3339)
        #expect(row["account"].isEmpty && row["products"].isEmpty && row["nothing"].isEmpty)
    }
}
